import { join } from 'node:path'
import * as v from 'valibot'
import type { Batch } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { readJsonIfThere, writeAtomically } from '../../platform/files.js'
import { toyOptions, type ToyOptions } from './options.js'
import { words } from './words.js'

/** On each node of the allocation. */
const STEP = 'srun --overlap --ntasks-per-node=1 bash -c "echo a step on \\$SLURMD_NODENAME"'

/** Arguments: PARTS FAIL_AT BEFORE. A part that is done is in `done.json`, whole or not at all. */
const PROGRAM = [
  'eval "$3"',
  'for ((part = 1; part <= $1; part++)); do sleep 1',
  'if ((part == $2)); then echo "part $part is broken" >&2; exit 3; fi',
  'printf \'{"parts":%d,"of":%d}\' "$part" "$1" >.done; mv .done done.json; echo "part $part is done"; done',
].join('; ')

const DoneSchema = v.object({ parts: v.number(), of: v.number() })

export const toybatch: Batch<ToyOptions> = {
  ...words,
  shape: 'batch',
  holds: ({ hold }) => hold === true,
  whenReady: ['start'],
  script: 'toy-batch.sh',
  options: toyOptions,
  firstStart: [aibench('toybatch', 'start', '--wait')],
  resources: () => ({ nodes: 1 }),
  async prepare(_, { parts, failAt, hold, steps }, { runDir }) {
    const command = ['bash', '-c', PROGRAM, 'toy', `${parts}`, `${failAt ?? 0}`, steps ? STEP : ':']
    await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
    const environment: Record<string, string> = hold ? { AIBENCH_HOLD: 'yes' } : {}
    return { environment, description: `${parts} parts`, provenance: {} }
  },
  explain(lines) {
    const index = lines.findIndex((line) => line.endsWith(' is broken'))
    return index < 0
      ? undefined
      : { cause: 'a part is broken', line: lines[index], index, hints: [] }
  },
  async progress(runDir) {
    const done = await doneIn(runDir)
    return done && { text: `part ${done.parts} of ${done.of}`, share: done.parts / done.of }
  },
  async collect(_, { runDir }) {
    const done = await doneIn(runDir)
    if (!done) return { verdict: 'failed', summary: null }
    return {
      verdict: done.parts === done.of ? 'ok' : 'failed',
      summary: `${done.parts} parts`,
      figures: { parts: done.parts },
    }
  },
}

async function doneIn(runDir: string): Promise<v.InferOutput<typeof DoneSchema> | undefined> {
  const found = v.safeParse(DoneSchema, await readJsonIfThere(join(runDir, 'done.json')))
  return found.success ? found.output : undefined
}
