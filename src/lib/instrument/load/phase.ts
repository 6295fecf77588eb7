import type { WorkerEvent } from '../process/worker-events.js'

export type EmitPhase = (
  event: Extract<WorkerEvent<never>, { type: 'phase' | 'phase-done' }>,
) => void

/** Tells that a phase begins and that it is done. @param work gives its value and, in words, what came of it */
export async function phase<T>(
  emit: EmitPhase,
  name: string,
  work: () => Promise<[T, string]>,
  text = '',
): Promise<T> {
  const startMs = performance.now()
  emit({ type: 'phase', phase: name, text })
  const [value, done] = await work()
  emit({ type: 'phase-done', phase: name, text: done, ms: performance.now() - startMs })
  return value
}
