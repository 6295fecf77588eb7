import type { Explanation } from '../../jobs/contract.js'
import { FAILURE_PATTERNS } from './failure-patterns.js'

/** Written by the script when a program on another node ended: that comes first, all else follows from it. */
const WORKER_ENDED = /aibench: (worker|ray) on (\S+) ended(?:, (.*))?$/

export function explainVllm(lines: readonly string[]): Explanation | undefined {
  return explainWorker(lines) ?? explainOwn(lines)
}

/** With the last words of the worker's own log, which the script puts in the line. */
function explainWorker(lines: readonly string[]): Explanation | undefined {
  const index = lines.findIndex((line) => WORKER_ENDED.test(line))
  if (index < 0) return undefined
  const [, what, node, rest] = WORKER_ENDED.exec(lines[index])!
  const why = rest ? explainOwn([rest]) : undefined
  return {
    cause: `${what === 'ray' ? 'Ray’s head' : 'the worker'} on ${node} ended${why && !why.isVague ? `: ${why.cause}` : ''}`,
    line: lines[index],
    index,
    hints: why?.hints ?? [`aibench vllm start --sbatch-arg=--exclude=${node}`],
  }
}

/** The last of the lines that bear the sign: a traceback's last line tells more than its first. */
function explainOwn(lines: readonly string[]): Explanation | undefined {
  for (const { pattern, cause, hints = [], isVague } of FAILURE_PATTERNS) {
    const index = lines.findLastIndex((line) => pattern.test(line))
    if (index < 0) continue
    const above = isVague && POINTS_UP.test(lines[index]) ? rootCause(lines, index) : undefined
    return { cause, hints, isVague, ...(above ?? { line: lines[index], index }) }
  }
  return undefined
}

/** It says itself that another process has said why. */
const POINTS_UP = /See root cause above|See stack trace for root cause/
const PROCESS = /^\((\w+ pid=\d+)\) ?/
const EXCEPTION = /^(?:ERROR .*?\] )?((?:\w+\.)*\w+(?:Error|Exception)): ?(.*)$/

/** The last exception of another process above that line; where its message begins on the next line, with that. */
function rootCause(
  lines: readonly string[],
  below: number,
): Pick<Explanation, 'line' | 'index'> | undefined {
  const [, own] = PROCESS.exec(lines[below]) ?? []
  for (let index = below - 1; index >= 0; index--) {
    const [, process] = PROCESS.exec(lines[index]) ?? []
    if (process === own) continue
    const [, name, text] = EXCEPTION.exec(lines[index].replace(PROCESS, '')) ?? []
    if (name === undefined) continue
    if (text !== '') return { line: lines[index], index }
    const message = lines
      .slice(index + 1, below)
      .map((line) => line.replace(PROCESS, '').trim())
      .find((line) => line !== '')
    return { line: `${name}: ${message ?? ''}`.trim(), index }
  }
  return undefined
}
