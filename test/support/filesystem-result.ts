import {
  resultOf,
  type FilesystemResult,
  type ResultFacts,
  type ResultPhase,
  type ResultProblem,
  type ResultRepeat,
} from '../../src/lib/instrument/filesystem/result.js'

const facts: ResultFacts = {
  runId: 'k3f9',
  startedAt: '2026-11-27T02:00:00.000Z',
  endedAt: '2026-11-27T03:10:00.000Z',
  complete: true,
  simulated: false,
  product: { name: 'IO500', version: 'io500-isc26' },
  errors: [],
  warnings: [],
  provenance: {},
  workload: {
    program: 'io500',
    arguments: [],
    ini: 'preset full',
    stonewallSeconds: 300,
    nodes: 10,
    tasks: 160,
    repeats: 1,
  },
  fileSystem: { dir: '/scratch/p1/io500', type: 'lustre', isLustre: true, layout: 'suggested' },
  launcher: 'srun --mpi=pmix',
  list: 'lustre',
  runDir: '/home/u/runs/k3f9',
  findings: [],
}

export const fewNodes: ResultProblem = {
  code: 'few-nodes',
  phase: null,
  severity: 'unranked',
  text: 'It ran on 4 nodes; the lists ask for 10.',
  fix: 'Run it with --nodes 10.',
}

export function phase(change: Partial<ResultPhase> = {}): ResultPhase {
  return {
    name: 'ior-easy-write',
    value: 194.2,
    unit: 'GiB/s',
    seconds: 312.5,
    valid: true,
    isScored: true,
    percentile: 50,
    ...change,
  }
}

const phases = [
  phase(),
  phase({
    name: 'mdtest-easy-write',
    value: 356.1,
    unit: 'kIOPS',
    seconds: 305.25,
    percentile: 49.6,
  }),
  phase({
    name: 'ior-rnd4K-easy-read',
    value: 1.25,
    seconds: 300.4,
    isScored: false,
    percentile: null,
  }),
]

export function repeat(change: Partial<ResultRepeat> = {}): ResultRepeat {
  return {
    number: 1,
    resultDir: 'results/1',
    valid: true,
    isComplete: true,
    exitCode: 0,
    durationMs: 4_000_000,
    score: { total: 127.3, bandwidthGiBPerSecond: 40.7, metadataKiops: 398.2 },
    hash: { stated: 'AB12', computed: 'AB12', ok: true },
    configHash: { stated: 'CD34', computed: 'CD34', ok: true },
    phases,
    problems: [],
    ...change,
  }
}

export function filesystemResult(
  repeats: readonly ResultRepeat[] = [repeat()],
  change: Partial<ResultFacts> = {},
): FilesystemResult {
  return resultOf({ ...facts, ...change }, repeats)
}
