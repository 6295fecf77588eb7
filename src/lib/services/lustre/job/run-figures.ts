import { join } from 'node:path'
import type { DonePhase, LiveState } from '../../../instrument/filesystem/live/contract.js'
import { LiveReader } from '../../../instrument/filesystem/live/read-live.js'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { furtherFiguresOf, PROGRESS_FOLDER } from '../../../platform/exporter-files.js'
import { FigurePage } from '../../../platform/figure-page.js'
import { exists, writeAtomically } from '../../../platform/files.js'
import { nodeName, type JobContext } from './context.js'

const EVERY_MS = 1_000

/**
 * Tells how the run goes by figures, once a second, until `end`: the exporter beside it hands them to whoever asks, so that its phases are
 * kept with nobody looking. Without an exporter nothing is told. What goes wrong with it is said once; the run goes on.
 */
export function tellFigures(
  context: JobContext,
  { id, task }: Pick<RunPlan, 'id' | 'task'>,
  runDir: string,
): { end(): Promise<void> } {
  const path = join(runDir, PROGRESS_FOLDER, furtherFiguresOf(nodeName(context)))
  const reader = new LiveReader(runDir)
  const over = new AbortController()
  let [written, said] = ['', '']
  const tell = async () => {
    const state = await reader.look(context.clock.now().getTime())
    const text = figuresOf(state, { run: id, task })
    if (text !== written) await writeAtomically(path, text)
    written = text
  }
  const tellOn = async () => {
    if (!(await exists(join(runDir, 'exporter')))) return
    while (!over.signal.aborted) {
      await tell().catch(({ message }: Error) => {
        if (message !== said) context.say(`can't write its metrics: ${message}`)
        said = message
      })
      await context.clock.sleep(EVERY_MS, over.signal).catch(() => undefined)
    }
  }
  const telling = tellOn()
  return {
    async end() {
      over.abort()
      await telling
    },
  }
}

/** In the text form that scrapers read. */
export function figuresOf(state: LiveState, of: { run: string; task: RunPlan['task'] }): string {
  const { run } = of
  const page = new FigurePage()
  const phase = phaseOf(state, of.task)
  page.gauge(
    'aibench_run_info',
    'What a run is doing.',
    phase === null ? [] : [[{ run, kind: 'filesystem', phase }, 1]],
  )
  const ended = (unit: DonePhase['unit'], factor: number) =>
    state.done
      .filter((done) => done.unit === unit && done.value !== null)
      .map(({ name, value }) => [{ run, phase: name }, value! * factor] as const)
  page.gauge(
    'aibench_phase_bandwidth_bytes_per_second',
    'What came out of a phase that moves data, once it has ended.',
    ended('GiB/s', 2 ** 30),
  )
  page.gauge(
    'aibench_phase_operations_per_second',
    'What came out of a phase of metadata, once it has ended.',
    ended('kIOPS', 1000),
  )
  tellRanks(page, state, run)
  return page.text
}

function tellRanks(page: FigurePage, { counts }: LiveState, run: string): void {
  if (!counts) return
  const { readBytes, writeBytes, readCalls, writeCalls, inodesUsed } = counts
  const one = (value: number | null) => [[{ run }, value] as const]
  page.counter('aibench_ranks_read_bytes_total', 'Read by the ranks of a run.', one(readBytes))
  page.counter(
    'aibench_ranks_written_bytes_total',
    'Written by the ranks of a run.',
    one(writeBytes),
  )
  page.counter('aibench_ranks_reads_total', 'Calls of read by the ranks of a run.', one(readCalls))
  page.counter(
    'aibench_ranks_writes_total',
    'Calls of write by the ranks of a run.',
    one(writeCalls),
  )
  page.gauge(
    'aibench_data_inodes_used',
    'Used on the file system of the data, also by others.',
    one(inodesUsed),
  )
}

/** The phase of the program where it has some; else what the job is at. Null between two phases. */
function phaseOf({ stage, phase }: LiveState, task: RunPlan['task']): string | null {
  if (stage === 'running') return phase?.name ?? (task === 'io500' ? null : task)
  return stage === 'starting' || stage === 'done' ? null : stage
}
