/**
 * What an update of the state file costs under its lock: with 50 instances in it, one writer.
 *
 *   npx tsx bench/state.ts [updates]
 *
 * Target: ≤ 5 ms at the median. Every update is on disk (fsync) before it counts; `fsync alone` is that part of it, a file of the
 * same size written and synced with nothing around it.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { latencyOf } from '../src/lib/instrument/measure/statistics.js'
import { systemClock } from '../src/lib/platform/clock.js'
import { readEnvironment } from '../src/lib/platform/environment.js'
import { openState } from '../src/lib/state/store.js'
import { instanceWith } from '../test/support/instances.js'

const updates = Number(process.argv[2] ?? 300)
const folder = await mkdtemp(join(tmpdir(), 'aibench-state-'))
const environment = readEnvironment({ ...process.env, AIBENCH_HOME: folder })
const state = openState({ environment, clock: systemClock, version: '0' })
await state.update((draft) => {
  for (let i = 0; i < 50; i++) draft.instances[`i${i}`] = instanceWith({ id: `i${i}` })
})
const text = JSON.stringify(await state.read(), null, 2)
const [whole, alone] = [[], []] as number[][]
for (let i = 0; i < updates; i++) {
  const startMs = performance.now()
  await state.update((draft) => void (draft.instances.i0.lastResult = String(i)))
  const writtenMs = performance.now()
  const file = await open(join(folder, 'probe'), 'w')
  await file.writeFile(text)
  await file.sync()
  await file.close()
  whole.push(writtenMs - startMs)
  alone.push(performance.now() - writtenMs)
}
for (const [name, figures] of [
  ['update under lock', whole],
  ['fsync alone', alone],
] as const) {
  const { p50Ms, p99Ms } = latencyOf(Float64Array.from(figures))
  console.log(`${name.padEnd(18)} p50 ${p50Ms!.toFixed(2)} ms   p99 ${p99Ms!.toFixed(2)} ms`)
}
await rm(folder, { recursive: true })
