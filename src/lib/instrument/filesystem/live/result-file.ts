import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readHeadIfThere } from '../../../platform/files.js'
import { parseIni, type Config } from '../ini/ini.js'
import type { Io500Run } from '../read/contract.js'
import { readResultTxt } from '../read/result-txt.js'
import { resultDirOf } from '../run-plan.js'
import type { StageRecord } from './files.js'

export interface SeenRun {
  run: Io500Run
  /** When result.txt was written to last. */
  writtenAtMs: number
  /** The effective values: whose sections are the phases that this program knows. */
  config: Config | null
}

/** Some 10 KiB of a run; more where the program was told to be verbose. */
const MOST_BYTES = 1 << 20

/**
 * result.txt of the repeat that is running: the only file in which the program says where it is. It has 10 KiB and is read whole whenever
 * it has changed, so that a file that was begun again or replaced needs no thought.
 */
export class ResultFile {
  #path = ''
  #version = ''
  #seen: SeenRun | undefined

  async look(runDir: string, stage: StageRecord): Promise<SeenRun | undefined> {
    const dir = await resultDir(runDir, stage)
    if (dir === undefined) return undefined
    const path = join(dir, 'result.txt')
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return path === this.#path ? this.#seen : undefined
    const version = `${found.ino} ${found.size} ${found.mtimeMs}`
    if (path === this.#path && version === this.#version) return this.#seen
    const text = await readHeadIfThere(path, MOST_BYTES).catch(() => undefined)
    const run = text === undefined ? undefined : readResultTxt(text, path).at(-1)
    if (!run) return path === this.#path ? this.#seen : undefined
    const config =
      (path === this.#path ? this.#seen?.config : null) ?? (await configIn(dir).catch(() => null))
    this.#path = path
    this.#version = version
    return (this.#seen = { run, writtenAtMs: found.mtimeMs, config })
  }
}

/** As the job says; else the newest folder with a result in it, which the program names by the time. */
async function resultDir(
  runDir: string,
  { resultDir: said, repeat }: StageRecord,
): Promise<string | undefined> {
  const dir = said === null ? resultDirOf(runDir, repeat) : resolve(runDir, said)
  const names = await readdir(dir).catch((): string[] => [])
  if (names.includes('result.txt')) return dir
  const inner = names.filter((name) => /^\d{4}\.\d\d\.\d\d-/.test(name)).sort()
  return inner.length > 0 ? join(dir, inner.at(-1)!) : undefined
}

async function configIn(dir: string): Promise<Config | null> {
  const text = await readHeadIfThere(join(dir, 'config.ini'), MOST_BYTES)
  // It is written as a whole, before the first phase; until it is there nothing is concluded from it.
  return text?.includes('[') ? parseIni(text).config : null
}
