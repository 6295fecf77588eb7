import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { basename } from 'node:path'

/**
 * The job gives this variable, with the id of the run as its value, to the program that it launches and to nothing else: launchers hand it
 * on to every rank.
 */
export const RANK_MARK = 'AIBENCH_RANKS_OF'

/** Of `/proc/PID/io`, summed over ranks. */
export interface IoCounts {
  readBytes: number
  writeBytes: number
  readCalls: number
  writeCalls: number
  storageReadBytes: number
  storageWriteBytes: number
}

export interface RanksWanted {
  /** The id of the run: the value of {@link RANK_MARK}. */
  run: string
  /** Name of the program's file: counts too where a launcher has dropped the variable (ssh, a container with a clean environment). */
  program: string | null
  /** Several nodes of Slurm can be one machine, as on a test cluster: ranks that say they are another's are left to that one. */
  node?: string
}

/** They carry the mark too, as the parents of ranks; what they do themselves is no load. */
const LAUNCHERS =
  /^(ba|da|k|z|tc|c)?sh$|^mpi(run|exec)|^orte(run|d)$|^prte(run|d)?$|^hydra|^srun$|^slurmstepd|^(apptainer|singularity)$|^starter|^appinit$|^sinit$|^s?sudo$|^ssh$|^env$|^timeout$|^stdbuf$|^tee$|^sleep$|^numactl$|^taskset$/

/** What a process is shows only after its exec: it is looked at again, ever more seldom; who has not become ours by then never does. */
const LOOKS = [0, 1, 2, 4, 8]

interface Process {
  /** `launcher`: it is marked, and may yet become a rank by an exec. */
  kind: 'unknown' | 'other' | 'launcher' | 'rank'
  /** Looks since it was first seen. */
  age: number
  /** Open for as long as it is a rank: what to read it by. */
  file: number | undefined
  /** What it had done before it became a rank. */
  base: IoCounts
  last: IoCounts
}

const NOTHING: IoCounts = {
  readBytes: 0,
  writeBytes: 0,
  readCalls: 0,
  writeCalls: 0,
  storageReadBytes: 0,
  storageWriteBytes: 0,
}

/**
 * Sums what the ranks of a run on this machine have read and written. Of those that have ended the last counts stay in the sums, which
 * never fall. Reads without waiting: some 10 µs a rank.
 */
export class Ranks {
  readonly #wanted: RanksWanted
  readonly #uid = process.getuid?.() ?? -1
  readonly #processes = new Map<number, Process>()
  #ended = NOTHING

  constructor(wanted: RanksWanted) {
    this.#wanted = wanted
  }

  look(): IoCounts & { ranks: number } {
    const pids = pidsNow()
    for (const [pid, known] of this.#processes) if (!pids.has(pid)) this.#forget(pid, known)
    let [sum, ranks] = [this.#ended, 0]
    for (const pid of pids) {
      const counts = this.#countsOf(pid)
      if (!counts) continue
      sum = plus(sum, counts)
      ranks++
    }
    return { ...sum, ranks }
  }

  #countsOf(pid: number): IoCounts | undefined {
    const known = this.#processes.get(pid) ?? this.#add(pid)
    if (known.kind === 'unknown' || known.kind === 'launcher') this.#judge(pid, known)
    if (known.kind !== 'rank') return undefined
    const now = known.file === undefined ? undefined : readIo(known.file)
    // Between the list and this look it may have ended, or be a zombie that nobody may read.
    if (now) known.last = now
    return less(known.last, known.base)
  }

  #add(pid: number): Process {
    const fresh: Process = {
      kind: 'unknown',
      age: -1,
      file: undefined,
      base: NOTHING,
      last: NOTHING,
    }
    this.#processes.set(pid, fresh)
    return fresh
  }

  #judge(pid: number, known: Process): void {
    known.age++
    if (known.kind === 'unknown' && !LOOKS.includes(known.age)) return
    const was = known.kind
    known.kind = this.#kindOf(pid)
    if (known.kind === 'unknown' && known.age >= LOOKS.at(-1)!) known.kind = 'other'
    if (known.kind !== 'rank') return
    known.file = openIo(pid)
    if (was === 'launcher' && known.file !== undefined) known.base = readIo(known.file) ?? NOTHING
  }

  #kindOf(pid: number): Process['kind'] {
    try {
      if (statSync(`/proc/${pid}`).uid !== this.#uid) return 'unknown'
      const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      if (this.#isOfAnotherNode(variables)) return 'other'
      const name = programOf(pid)
      if (variables.includes(`${RANK_MARK}=${this.#wanted.run}`))
        return LAUNCHERS.test(name) ? 'launcher' : 'rank'
      const isOfAnother = variables.some((one) => one.startsWith(`${RANK_MARK}=`))
      return !isOfAnother && name === this.#wanted.program ? 'rank' : 'unknown'
    } catch {
      return 'unknown'
    }
  }

  #isOfAnotherNode(variables: readonly string[]): boolean {
    const { node } = this.#wanted
    const said = variables.find((one) => one.startsWith('SLURMD_NODENAME='))
    return node !== undefined && said !== undefined && said !== `SLURMD_NODENAME=${node}`
  }

  #forget(pid: number, { kind, file, last, base }: Process): void {
    this.#processes.delete(pid)
    if (file !== undefined) closeSync(file)
    if (kind === 'rank') this.#ended = plus(this.#ended, less(last, base))
  }
}

function pidsNow(): Set<number> {
  return new Set(readdirSync('/proc').map(Number).filter(Number.isInteger))
}

/** Of a script it is its interpreter's. */
function programOf(pid: number): string {
  return basename(readlinkSync(`/proc/${pid}/exe`))
}

const buffer = Buffer.alloc(1024)

function openIo(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/io`, 'r')
  } catch {
    return undefined
  }
}

/**
 * @returns undefined when it has ended, or may not be read
 * Source: proc(5), /proc/PID/io: `rchar wchar syscr syscw read_bytes write_bytes`, of all its threads.
 */
function readIo(file: number): IoCounts | undefined {
  try {
    return parseIo(buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)))
  } catch {
    return undefined
  }
}

function parseIo(text: string): IoCounts | undefined {
  const numbers = text.split('\n').map((line) => Number(line.slice(line.indexOf(':') + 1)))
  if (numbers.length < 6) return undefined
  const [readBytes, writeBytes, readCalls, writeCalls, storageReadBytes, storageWriteBytes] =
    numbers
  return { readBytes, writeBytes, readCalls, writeCalls, storageReadBytes, storageWriteBytes }
}

function plus(a: IoCounts, b: IoCounts): IoCounts {
  return combined(a, b, (x, y) => x + y)
}

/** A pid that belongs to another process by now has counts of its own: never below nothing. */
function less(a: IoCounts, b: IoCounts): IoCounts {
  return combined(a, b, (x, y) => Math.max(0, x - y))
}

function combined(a: IoCounts, b: IoCounts, join: (x: number, y: number) => number): IoCounts {
  return {
    readBytes: join(a.readBytes, b.readBytes),
    writeBytes: join(a.writeBytes, b.writeBytes),
    readCalls: join(a.readCalls, b.readCalls),
    writeCalls: join(a.writeCalls, b.writeCalls),
    storageReadBytes: join(a.storageReadBytes, b.storageReadBytes),
    storageWriteBytes: join(a.storageWriteBytes, b.storageWriteBytes),
  }
}
