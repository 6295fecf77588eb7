import type { Explanation } from '../contract.js'
import { SIGNS } from './signs.js'

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
  for (const { pattern, cause, hints = [], isVague } of SIGNS) {
    const index = lines.findLastIndex((line) => pattern.test(line))
    if (index >= 0) return { cause, line: lines[index], index, hints, isVague }
  }
  return undefined
}
