import { readdirSync, readFileSync } from 'node:fs'

interface Found {
  pid: number
  line: string
}

/** All processes that have to do with this home, the test runner's own left out. */
function found(home: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return line.includes(home) && !line.includes('mocha') ? [{ pid: Number(pid), line }] : []
      } catch {
        return []
      }
    })
}

/** Their command lines. */
export function processesOf(home: string): string[] {
  return found(home).map(({ line }) => line)
}

export function processIdsOf(home: string): number[] {
  return found(home).map(({ pid }) => pid)
}

/** The number of the oldest one with this word in its command line. */
export function pidOf(home: string, word: string): number {
  const pids = found(home)
    .filter(({ line }) => line.includes(word))
    .map(({ pid }) => pid)
  if (pids.length === 0) throw new Error(`no ${word} runs in ${home}`)
  return Math.min(...pids)
}
