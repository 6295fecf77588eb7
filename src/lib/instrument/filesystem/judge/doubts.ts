import type { Message } from '../read/contract.js'
import type { Problem } from './contract.js'
import { hasTwoWriters, isSwitchedOff, optionOf, phaseOf, problem, type Facts } from './facts.js'

/** What the lists ask for beyond a valid run, and figures that may not be what they say. */
export function rankProblems(facts: Facts): Problem[] {
  const { procs, known, nodes, run } = facts
  const problems: Problem[] = []
  if (known.tasks !== undefined && procs !== null && known.tasks !== procs)
    problems.push(
      problem(
        'invalid',
        'procs',
        procs === 1
          ? `${known.tasks} processes were asked for, and each ran alone: the launcher and the MPI of io500 do not fit.`
          : `${known.tasks} processes were asked for, and ${procs} ran.`,
        procs === 1
          ? 'Start it by another launcher: mpirun, srun --mpi=pmix or srun --mpi=pmi2.'
          : 'Give the launcher as many slots as the job has tasks.',
      ),
    )
  const isFew = nodes === null ? procs !== null && procs < LEAST_NODES : nodes < LEAST_NODES
  if (isFew && run.score && !facts.isStudentCluster)
    problems.push(
      problem(
        'unranked',
        'few-nodes',
        nodes === null
          ? `With ${processes(procs!)} it ran on fewer than ${LEAST_NODES} nodes: it is not listed.`
          : `It ran on ${nodes === 1 ? 'one node' : `${nodes} nodes`}; the lists begin at ${LEAST_NODES}.`,
        `To be listed, run it on ${LEAST_NODES} client nodes or more; exactly ${LEAST_NODES} for the 10-node list.`,
      ),
    )
  else if (nodes === null && run.score && !facts.isStudentCluster)
    problems.push(
      problem(
        'note',
        'nodes-unknown',
        'The files do not tell on how many nodes it ran; the lists begin at 10.',
        'Give all of the result directory: the files of IOR and mdtest tell.',
      ),
    )
  else if (nodes !== null && nodes > LEAST_NODES && run.score)
    problems.push(
      problem(
        'note',
        'not-ten-nodes',
        `On ${nodes} nodes it is no result for the 10-node list, which takes exactly ${LEAST_NODES}.`,
      ),
    )
  return problems
}

export function doubtProblems(facts: Facts): Problem[] {
  if (facts.isDryRun || hasTwoWriters(facts.run)) return []
  return [...cachedReads(facts), ...dropCaches(facts)]
}

const LEAST_NODES = 10
/** 99 in 100 of the 273 public results on ten nodes or more read at most 5.4 times as fast as they wrote (submission-data, 2026-02-18). */
const MOST_TIMES_AS_FAST = 5.5

/** One node reads back from its own memory what it wrote; and some reads are too fast for any disk. */
function cachedReads(facts: Facts): Problem[] {
  const [write, read] = ['ior-easy-write', 'ior-easy-read'].map((name) => phaseOf(facts, name))
  if (!read?.value || isSwitchedOff(facts.run, 'ior-easy-read')) return []
  const times = write?.value ? read.value / write.value : null
  const isFast = times !== null && times > MOST_TIMES_AS_FAST
  // Where the command failed, that is told instead.
  const drops = optionOf(facts.run, 'global', 'drop-caches') === 'TRUE' || dropFailed(facts)
  const isOneNode = facts.nodes === 1 || facts.procs === 1
  if (drops || (!isOneNode && !isFast)) return []
  const comparison =
    times === null || times < 1.5
      ? ''
      : `: ior-easy-read is ${times < 10 ? times.toFixed(1) : Math.round(times)} times as fast as ior-easy-write`
  return [
    problem(
      'doubt',
      isOneNode ? 'cached-read' : 'implausible-read',
      isOneNode
        ? `On one node the reads may come from its own memory, and not from the file system${comparison}.`
        : `The reads may come from caches${comparison}, and 99 in 100 public results stay below ${MOST_TIMES_AS_FAST} times.`,
      isOneNode
        ? 'Use two nodes or more, so that each reads what another wrote, or set drop-caches = TRUE in [global].'
        : 'Write more than the clients and servers can keep in memory, or set drop-caches = TRUE in [global].',
      { phase: 'ior-easy-read' },
    ),
  ]
}

/** Under the Student Cluster rules a single node must drop them. */
function dropCaches(facts: Facts): Problem[] {
  const failed = dropFailed(facts)
  const mustDrop = facts.isStudentCluster && facts.nodes === 1
  const isAsked = optionOf(facts.run, 'global', 'drop-caches') === 'TRUE'
  if (failed)
    return [
      problem(
        mustDrop ? 'invalid' : 'doubt',
        'drop-caches',
        'drop-caches was set, and its command failed: the reads may come from memory.',
        'Set drop-caches-cmd in [global] to a command that works without a password on every node.',
        { evidence: failed },
      ),
    ]
  if (mustDrop && facts.run.config && !isAsked)
    return [
      problem(
        'invalid',
        'drop-caches',
        'Under scc = TRUE a single node must drop its caches before each phase, and drop-caches was not set.',
        'Set drop-caches = TRUE in [global].',
      ),
    ]
  return []
}

function dropFailed({ run }: Facts): Message | undefined {
  return run.messages.find(
    ({ level, text }) => level === 'warning' && /drop_caches.* returned [1-9-]/.test(text),
  )
}

function processes(count: number): string {
  return count === 1 ? 'one process' : `${count} processes`
}
