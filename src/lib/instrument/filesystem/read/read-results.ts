import { readFile } from 'node:fs/promises'
import type { ReadResult } from './contract.js'
import { readResultTxt } from './result-txt.js'

/** Everything that IO500, IOR or mdtest left at this path. */
export async function readResults(path: string): Promise<ReadResult[]> {
  const runs = readResultTxt(await readFile(path, 'utf8'), path)
  return runs.map((run) => ({ kind: 'io500', source: path, run }))
}
