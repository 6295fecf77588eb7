import type { IorReport, MdtestReport } from '../read/contract.js'
import type { Problem } from './contract.js'
import { problem } from './facts.js'

/** IOR and mdtest alone have no rules. What may be wrong with their figures all the same: caches, too short, too seldom, too far apart. */

/** Shorter than this, a phase says more about caches and start-up than about a file system. */
const LEAST_SECONDS = 10
const MOST_SPREAD = 0.1

export function iorProblems(report: IorReport): Problem[] {
  const { results, command, nodes, warnings } = report
  const own = (access: string) => results.filter((result) => result.access === access)
  const [writes, reads] = [own('write'), own('read')]
  const has = (letter: string) =>
    new RegExp(`\\s-[a-zA-Z]*${letter}[a-zA-Z]*(?=\\s|$)`).test(command ?? '')
  const isDirect = /odirect|\s-B(?=\s|$)/.test(command ?? '')
  const problems: Problem[] = []
  if (reads.length > 0 && !isDirect && (nodes === 1 || (writes.length > 0 && !has('[CZQ]'))))
    problems.push(
      problem(
        'doubt',
        'cached-read',
        nodes === 1
          ? 'On one node the reads may come from its own memory, and not from the file system.'
          : 'Every task read back what it had written itself, which may still be in the memory of its node.',
        nodes === 1
          ? 'Use two nodes or more with -C, so that each reads what another wrote.'
          : 'Add -C, so that each node reads what another wrote.',
        { phase: 'read' },
      ),
    )
  if (writes.length > 0 && command !== null && !isDirect && !has('e'))
    problems.push(
      problem(
        'doubt',
        'no-fsync',
        'Nothing made the writes reach the storage before the clock stopped.',
        'Add -e, so that IOR flushes each file when it is written.',
        { phase: 'write' },
      ),
    )
  for (const access of new Set(results.map((result) => result.access)))
    problems.push(
      ...ofRepeats(
        access,
        own(access).flatMap(({ bandwidthMiBPerSecond }) => bandwidthMiBPerSecond ?? []),
        own(access).flatMap(({ totalSeconds }) => totalSeconds ?? []),
      ),
    )
  if (results.length > 0 && results.every(({ iteration }) => (iteration ?? 0) === 0))
    problems.push(onlyOnce('-i 3'))
  if (warnings.length > 0)
    problems.push(
      problem('doubt', 'warnings', `IOR warned ${times(warnings.length)}.`, '', {
        evidence: warnings[0],
      }),
    )
  return problems.toSorted(doubtsFirst)
}

export function mdtestProblems(report: MdtestReport): Problem[] {
  const { nodes, command, iterations, rates } = report
  const problems: Problem[] = []
  const shift = /'?-N'?[\s']+(\d+)/.exec(command ?? '')?.[1]
  const isShifted = shift !== undefined && shift !== '0'
  const isRead = rates.some(({ operation }) => /^File (stat|read)/.test(operation))
  if (isRead && (nodes === 1 || (command !== null && !isShifted)))
    problems.push(
      problem(
        'doubt',
        'cached-read',
        nodes === 1
          ? 'On one node stat and read may come from its own memory, and not from the file system.'
          : 'Every task looked at its own files, which its node may still know.',
        nodes === 1
          ? 'Use two nodes or more with -N 1, so that each looks at the files of another.'
          : 'Add -N with the tasks of one node, so that each node looks at the files of another.',
      ),
    )
  if (iterations !== null && iterations > 1)
    for (const { operation, maxPerSecond, minPerSecond, meanPerSecond } of rates)
      if (meanPerSecond > 0 && (maxPerSecond - minPerSecond) / meanPerSecond > MOST_SPREAD)
        problems.push(spread(operation, (maxPerSecond - minPerSecond) / meanPerSecond, iterations))
  if (iterations === 1) problems.push(onlyOnce('-i 3'))
  return problems.toSorted(doubtsFirst)
}

function doubtsFirst(a: Problem, b: Problem): number {
  return Number(a.severity === 'note') - Number(b.severity === 'note')
}

function ofRepeats(
  access: string,
  values: readonly number[],
  seconds: readonly number[],
): Problem[] {
  const problems: Problem[] = []
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const share = (Math.max(...values) - Math.min(...values)) / mean
  if (values.length > 1 && share > MOST_SPREAD) problems.push(spread(access, share, values.length))
  const longest = Math.max(...seconds)
  if (seconds.length > 0 && longest < LEAST_SECONDS)
    problems.push(
      problem(
        'doubt',
        'short',
        `${access} took ${longest.toFixed(longest < 1 ? 2 : 1)} s: too short to tell the file system from caches and start-up.`,
        'Write more (-b, -s), or let the clock end it: -D 60 -O stoneWallingWearOut=1.',
        { phase: access },
      ),
    )
  return problems
}

function spread(what: string, share: number, repeats: number): Problem {
  return problem(
    'doubt',
    'spread',
    `${what}: the ${repeats} repetitions lie ${Math.round(share * 100)} % of their mean apart.`,
    'Repeat it more often, and look for others on the same nodes and servers.',
    { phase: what },
  )
}

function onlyOnce(flag: string): Problem {
  return problem(
    'note',
    'once',
    'It was measured once: nobody can tell how far it varies.',
    `Add ${flag}.`,
  )
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
