import { readdirSync, readFileSync } from 'node:fs'

/** The processes of a server, as the kernel of its node shows them. */

/** Linux's unit of CPU time in /proc; 100 on every system that Slurm runs on. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

export interface ProcessFigures {
  pid: number
  parent: number
  group: number
  session: number
  /** In ticks since the start of the machine: with `pid` it names one process for ever. */
  start: string
  cpuSeconds: number
  rssBytes: number
}

/**
 * All that belongs to the server that was started as `pid`: its process group, its session where it leads one, and what descends from
 * them. In an image the server itself is a descendant; helpers of an engine may have sessions of their own.
 * @returns [] when it is gone, or runs elsewhere
 */
export function serverProcesses(pid: number): ProcessFigures[] {
  const leader = figuresOf(pid)
  if (!leader) return []
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => figuresOf(Number(name)) ?? [])
  const isItsOwn = leader.session === pid
  const own = (one: ProcessFigures) =>
    one.group === leader.group || (isItsOwn && one.session === leader.session)
  const found = new Map(all.filter(own).map((one) => [one.pid, one]))
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one)
  }
  return [...found.values()]
}

/** @returns undefined of a process that is gone */
function figuresOf(pid: number): ProcessFigures | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      pid,
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      start: fields[19],
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      rssBytes: Number(fields[21]) * PAGE_BYTES,
    }
  } catch {
    return undefined
  }
}

/** Words of its command line; a process that gave itself a title has that as the only one. */
export function commandOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return text
      .split('\0')
      .map((word) => word.trim())
      .filter(Boolean)
  } catch {
    return []
  }
}

/** What it was started with; empty when it is gone, or another user's. */
export function environmentOf(pid: number): Record<string, string> {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, 'utf8')
    const pairs = text.split('\0').map((pair) => pair.split(/=(.*)/s))
    return Object.fromEntries(pairs.map(([name, value = '']) => [name, value]))
  } catch {
    return {}
  }
}
