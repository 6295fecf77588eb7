import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { isErrno } from '../../../platform/errors.js'
import { PROGRESS_FOLDER } from '../../../platform/exporter-files.js'
import { makePrivateDir, readTextIfThere, writeAtomically } from '../../../platform/files.js'
import { STAGES } from './contract.js'

/** How a running job tells how far it is: `progress/` in its run directory, written by the job, read by whoever watches. */

const StageSchema = v.object({
  stage: v.picklist(STAGES),
  /** For people: `2 of 4 nodes`; empty where there is nothing to say. */
  text: v.string(),
  /** ISO 8601, UTC. */
  since: v.pipe(v.string(), v.isoTimestamp()),
  /** Counted from 1; 1 of 1 until the program runs. */
  repeat: v.pipe(v.number(), v.integer(), v.minValue(1)),
  of: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Where the program writes its results now, absolute or from the run directory; null until that is known. */
  resultDir: v.nullable(v.string()),
})
export type StageRecord = v.InferOutput<typeof StageSchema>

/** Sums over our own ranks of a node since the job began; they never fall. */
const count = v.pipe(v.number(), v.minValue(0))
const SampleSchema = v.object({
  /** ms since 1970, by the clock of the node. */
  at: v.number(),
  /** Processes seen this time. */
  ranks: count,
  /** What the ranks asked of the kernel, whether it came from a cache or not. */
  readBytes: count,
  writeBytes: count,
  readCalls: count,
  writeCalls: count,
  /** What the kernel fetched or will send on their behalf, where the file system accounts for it. */
  storageReadBytes: v.optional(count, 0),
  storageWriteBytes: v.optional(count, 0),
  /** Of the file system of the data; only the first node asks. */
  inodesUsed: v.nullable(v.number()),
})
export type Sample = v.InferOutput<typeof SampleSchema>

const SAMPLES = /^samples\.(.+)\.ndjson$/
/** Of a small file that is ours. */
const MOST_BYTES = 1 << 20

export function samplesPath(runDir: string, node: string): string {
  return join(runDir, PROGRESS_FOLDER, `samples.${node.replaceAll(/[^\w.-]/g, '_')}.ndjson`)
}

/** Whole or not at all, at each change. */
export async function writeStage(runDir: string, record: StageRecord): Promise<void> {
  await makePrivateDir(join(runDir, PROGRESS_FOLDER))
  await writeAtomically(join(runDir, PROGRESS_FOLDER, 'stage.json'), JSON.stringify(record) + '\n')
}

export async function readStage(runDir: string): Promise<StageRecord | undefined> {
  return readRecord(StageSchema, join(runDir, PROGRESS_FOLDER, 'stage.json'))
}

/** The files of samples that there are, by the name of the node. */
export async function sampleFiles(runDir: string): Promise<{ node: string; path: string }[]> {
  const names = await readdir(join(runDir, PROGRESS_FOLDER)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  })
  return names
    .sort()
    .map((name) => ({ node: SAMPLES.exec(name)?.[1], path: join(runDir, PROGRESS_FOLDER, name) }))
    .filter((file): file is { node: string; path: string } => file.node !== undefined)
}

/** A line of a file of samples. @returns undefined for what is none: it may be half written */
export function parseSample(line: string): Sample | undefined {
  return parsed(SampleSchema, line)
}

async function readRecord<S extends v.GenericSchema>(
  schema: S,
  path: string,
): Promise<v.InferOutput<S> | undefined> {
  return parsed(schema, (await readTextIfThere(path, MOST_BYTES).catch(() => undefined)) ?? '')
}

function parsed<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  try {
    const found = v.safeParse(schema, JSON.parse(text))
    return found.success ? found.output : undefined
  } catch {
    return undefined
  }
}
