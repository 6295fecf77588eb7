import { join } from 'node:path'
import * as v from 'valibot'
import { runBounded } from '../../../platform/children.js'
import { aibench } from '../../../platform/command-line.js'
import { EnvironmentError } from '../../../platform/errors.js'
import { writeJson } from '../../../platform/files.js'
import { describeFileSystem, type FileSystem } from '../file-system.js'
import { onEveryNode, self, type JobContext, type Where } from './context.js'
import { lustreHealth, type Health } from './health.js'
import {
  NodeAnswerSchema,
  PROBE_STEPS,
  STEP_DEADLINE_MS,
  type NodeAnswer,
  type ProbeStep,
} from './node-probe.js'

/** `probe.json`: what the probe of all nodes found. */
export interface ProbeRecord {
  at: string
  dir: string
  fileSystem: Pick<FileSystem, 'kind' | 'name'>
  health: Health | null
  nodes: NodeRecord[]
  ok: boolean
  /** In a line, for people. */
  text: string
}

interface NodeRecord {
  node: string
  ok: boolean
  writeMs: number | null
  /** Of another node's file, where there is another node. */
  readMs: number | null
  failed: { step: ProbeStep; code: string; text: string } | null
}

export interface Probed extends Where {
  runDir: string
  dir: string
  /** As it was seen before the job. */
  fileSystem: Pick<FileSystem, 'kind' | 'name'>
  id: string
}

/** The steps of all nodes begin and end together; what srun needs for itself comes on top. */
const OWN_MS = 40_000

/**
 * Does every node see the directory, write to it, read what another one wrote, and remove it? Written down in any case.
 * @throws EnvironmentError that names the nodes that do not
 */
export async function probeNodes(context: JobContext, probed: Probed): Promise<ProbeRecord> {
  const { dir, runDir, id, fileSystem } = probed
  const folder = join(dir, `.aibench-probe-${id}`)
  const answers: NodeAnswer[] = []
  const trouble: string[] = []
  for (const step of PROBE_STEPS) {
    const argv = onEveryNode(probed, self(context, 'probe-node', step, folder))
    const timeoutMs = STEP_DEADLINE_MS + OWN_MS
    const ran = await runBounded(argv, { timeoutMs, stop: context.stop })
    context.stop.throwIfAborted()
    answers.push(...answersIn(ran.stdout))
    if (ran.stderr.trim()) trouble.push(...ran.stderr.trim().split('\n'))
  }
  await runBounded(self(context, 'clean', folder), { timeoutMs: STEP_DEADLINE_MS })
  const nodes = await recordsOf(context, probed, answers, trouble)
  const health = fileSystem.kind === 'lustre' ? await lustreHealth(dir, answers) : null
  const bad = nodes.filter(({ ok }) => !ok)
  const record: ProbeRecord = {
    at: context.clock.now().toISOString(),
    dir,
    fileSystem,
    health,
    nodes,
    ok: bad.length === 0,
    text: bad.length === 0 ? textOf(fileSystem, nodes, health) : bad.map(whatFailed).join('; '),
  }
  await writeJson(join(runDir, 'probe.json'), record)
  if (bad.length > 0) throw unusable(dir, bad)
  return record
}

async function recordsOf(
  context: JobContext,
  { scheduler, nodes, fileSystem }: Probed,
  answers: readonly NodeAnswer[],
  trouble: readonly string[],
): Promise<NodeRecord[]> {
  const names = [...new Set(answers.map(({ node }) => node))].sort()
  const records = names.map((node): NodeRecord => {
    const own = answers.filter((answer) => answer.node === node)
    const of = (step: ProbeStep) => own.find((answer) => answer.step === step)
    const first = PROBE_STEPS.map((step) => of(step)).find((answer) => answer?.failed)
    const isOther = of('write')?.done?.isLustre === false && fileSystem.kind === 'lustre'
    const mount = { step: 'write' as const, code: 'MOUNT', text: 'Lustre is not mounted there' }
    const failed = first?.failed
      ? { step: first.step, code: first.failed.code, text: reasonOf(first.step, first.failed) }
      : isOther
        ? mount
        : null
    return {
      node,
      ok: failed === null,
      writeMs: of('write')?.done?.ms ?? null,
      readMs: of('read')?.done?.ms ?? null,
      failed,
    }
  })
  const missing = scheduler === 'slurm' ? await missingNodes(nodes, names, context) : []
  const why = trouble.at(-1)
  const text = `nothing was heard of it${why ? `: ${why}` : ''}`
  return [
    ...records,
    ...missing.map((node) => ({
      node,
      ok: false,
      writeMs: null,
      readMs: null,
      failed: { step: 'write' as const, code: 'SILENT', text },
    })),
  ]
}

/** Nodes of the job that did not answer, by name. */
async function missingNodes(
  nodes: number,
  heard: readonly string[],
  { environment }: JobContext,
): Promise<string[]> {
  if (heard.length >= nodes) return []
  const { SLURM_JOB_NODELIST: list = '' } = environment.variables
  const { stdout } = await runBounded(['scontrol', 'show', 'hostnames', list], {
    timeoutMs: 10_000,
  })
  const all = stdout.split('\n').filter(Boolean).slice(0, nodes)
  const silent = all.filter((name) => !heard.includes(name))
  return silent.length > 0 ? silent : [`${nodes - heard.length} of ${nodes} nodes`]
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'your disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'the directory is not there',
  ENOTDIR: 'it is no directory',
  EIO: 'an input/output error',
  ESTALE: 'the file system was taken away under it (stale handle)',
  ENOTCONN: 'the file system is not connected',
}
const DOING: Readonly<Record<ProbeStep, string>> = {
  write: 'can’t write',
  read: 'can’t read what another node wrote',
  remove: 'can’t remove its file',
}

function reasonOf(step: ProbeStep, { code, message }: { code: string; message: string }): string {
  if (code === 'HANGS') return `${DOING[step]}: it hangs, ${message}`
  return `${DOING[step]}: ${REASONS[code] ?? message}`
}

const whatFailed = ({ node, failed }: NodeRecord) => `${node} ${failed?.text}`

function textOf(
  fileSystem: Probed['fileSystem'],
  nodes: readonly NodeRecord[],
  health: Health | null,
): string {
  const count = nodes.length === 1 ? 'one node' : `${nodes.length} nodes`
  const slowest = Math.max(...nodes.map(({ writeMs }) => writeMs ?? 0))
  return [
    describeFileSystem(fileSystem),
    health && health.text,
    `written and read on ${count}, at most ${slowest} ms for 1 MiB`,
  ]
    .filter(Boolean)
    .join(' · ')
}

function unusable(dir: string, bad: readonly NodeRecord[]): EnvironmentError {
  const codes = new Set(bad.map(({ failed }) => failed?.code))
  const isFull = codes.has('ENOSPC') || codes.has('EDQUOT')
  return new EnvironmentError(
    `The probe of ${dir} failed on ${bad.length === 1 ? bad[0].node : `${bad.length} nodes`}`,
    {
      code: 'AIB_PROBE',
      evidence: bad.slice(0, 5).map(whatFailed).join('; '),
      hints: [
        ...(isFull ? ['lfs quota -h -u $USER DIR', 'df -h'] : []),
        aibench('lustre', 'io500', '--dir', 'ANOTHER'),
      ],
    },
  )
}

function answersIn(stdout: string): NodeAnswer[] {
  return stdout.split('\n').flatMap((line) => {
    try {
      const read = v.safeParse(NodeAnswerSchema, JSON.parse(line))
      return read.success ? [read.output] : []
    } catch {
      return []
    }
  })
}
