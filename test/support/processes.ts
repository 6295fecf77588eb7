import { readdirSync, readFileSync } from 'node:fs'

/** Command lines of all processes that have to do with this home, the test runner's own left out. */
export function processesOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return line.includes(home) && !line.includes('mocha') ? [line] : []
      } catch {
        return []
      }
    })
}
