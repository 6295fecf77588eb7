import type { Io500Run, ScoreRecord } from '../read/contract.js'
import { phaseInfo, type RunMode } from '../phases.js'
import type { HashCheck, JudgedScore, Problem } from './contract.js'
import { hasTwoWriters, problem, type Facts } from './facts.js'
import { configHash, extendedScoreHash, scoreHashes, type ScoreToHash } from './hash.js'
import { agrees, isProduct, isScored, scoreOf, type Rounding } from './score.js'

/** The score beside what its phases give. */
export function judgedScore(run: Io500Run, mode: RunMode): JudgedScore | null {
  const stated = mode === 'standard' ? run.score : run.extendedScore
  if (!stated) return null
  const { total, bandwidthGiBPerSecond, metadataKiops } = stated
  const figures = { total, bandwidthGiBPerSecond, metadataKiops }
  const recomputed = scoreOf(run.phases, mode)
  if (!recomputed) {
    // Without a phase that has a value the mean is 0, as in a dry run.
    const isNothing = total === 0 && run.phases.some(({ value }) => value !== null)
    return { ...figures, recomputed: null, ok: isNothing ? true : null }
  }
  const rounding: Rounding = run.generation === 'bash' ? 'scripts' : 'six-decimals'
  const root = Math.sqrt(bandwidthGiBPerSecond * metadataKiops)
  const asToday = isOldProduct(run, stated) ? { ...figures, total: root } : figures
  return {
    ...figures,
    recomputed,
    ok: agrees(asToday, recomputed, run.phases, mode, rounding),
  }
}

/** The scripts of 2017 took no root. */
export function isOldProduct(run: Io500Run, score: ScoreRecord | null): boolean {
  return run.generation === 'bash' && score !== null && isProduct(score)
}

export function judgedHash(run: Io500Run, mode: RunMode): HashCheck {
  const score = mode === 'standard' ? run.score : run.extendedScore
  const stated = score?.hash ? normal(score.hash) : null
  const computed = score && hashOf(run, score, mode, stated)
  if (stated === null) {
    const why =
      run.generation === 'bash'
        ? 'the scripts of 2017 to 2019 made no hash'
        : score
          ? 'the hash stands in result.txt, which is not there'
          : 'there is no score'
    return { stated: null, computed: null, ok: null, why }
  }
  if (computed === null) return { stated, computed: null, ok: null, why: 'there is no score' }
  return { stated, computed, ok: stated === computed, why: null }
}

function hashOf(
  run: Io500Run,
  score: ScoreRecord,
  mode: RunMode,
  stated: string | null,
): string | null {
  const isOfMode = (name: string) =>
    isScored(name, mode) && (mode === 'standard' || phaseInfo(name)!.mode === 'extended')
  const toHash: ScoreToHash = {
    version: run.version ?? '',
    phases: run.phases
      .filter(({ name, value }) => value !== null && isOfMode(name))
      .map(({ name, value }) => ({ name, value: value! })),
    metadataKiops: score.metadataKiops,
    bandwidthGiBPerSecond: score.bandwidthGiBPerSecond,
    total: score.total,
    isMarkedInvalid: score.isMarkedInvalid,
  }
  if (mode === 'extended') return extendedScoreHash(toHash)
  const { today, early2021 } = scoreHashes(toHash)
  return stated === early2021 ? early2021 : today
}

export function judgedConfigHash(run: Io500Run): HashCheck {
  const stated = run.configHash ? normal(run.configHash) : null
  if (!run.isConfigEffective || run.configPairs.length === 0)
    return {
      stated,
      computed: null,
      ok: null,
      why: stated
        ? 'config.ini with all effective values is not there'
        : 'the files have no config-hash',
    }
  const computed = configHash(run.configPairs)
  if (stated === null) return { stated, computed, ok: null, why: 'the files have no config-hash' }
  return { stated, computed, ok: stated === computed, why: null }
}

/** Files that contradict themselves or each other; told once, with the strongest sign. */
export function sumProblems(
  facts: Facts,
  { hash, configHash: config }: { hash: HashCheck; configHash: HashCheck },
  score: JudgedScore | null,
  extended: { hash: HashCheck; score: JudgedScore | null },
): Problem[] {
  const problems = [
    ...writers(facts),
    ...edited(facts, hash, score),
    ...(config.ok === false ? [changedConfig(config)] : []),
  ]
  if (extended.hash.ok === false || extended.score?.ok === false)
    problems.push(
      problem(
        'doubt',
        'extended-score',
        'SCOREX does not follow from the phases of the files.',
        'Give the files as IO500 wrote them.',
      ),
    )
  if (isOldProduct(facts.run, facts.run.score))
    problems.push(
      problem(
        'note',
        'product',
        `The score is the product of bandwidth and metadata, as it was printed in 2017; by today’s rule it is ${score?.recomputed?.total.toPrecision(4) ?? 'its square root'}.`,
      ),
    )
  return problems
}

/** Two programs in one directory leave lines that are none, and sections that come twice. */
function writers({ run, procs }: Facts): Problem[] {
  if (!hasTwoWriters(run)) return []
  return [
    problem(
      'invalid',
      'two-writers',
      procs === 1
        ? 'Several programs of one process each wrote into this result directory: the launcher and the MPI of io500 do not fit, so that every task ran alone.'
        : 'Two runs wrote into this result directory at the same time.',
      procs === 1
        ? 'Start it by another launcher: mpirun, srun --mpi=pmix or srun --mpi=pmi2; aibench lustre start finds the one that works.'
        : 'Keep timestamp-resultdir and timestamp-datadir at TRUE, and give each run its own --timestamp.',
      { evidence: run.damage[0] ?? run.conflicts[0]?.after },
    ),
  ]
}

function edited(facts: Facts, hash: HashCheck, score: JudgedScore | null): Problem[] {
  const { run } = facts
  if (hasTwoWriters(run)) return []
  const again = 'Give the files as IO500 wrote them.'
  if (hash.ok === false)
    return [
      problem(
        'invalid',
        'edited',
        `The figures of result.txt do not belong to its hash (${hash.stated!} stands there, they give ${hash.computed!}): they were changed after the run, or by a changed program.`,
        again,
        { evidence: run.damage[0] ?? run.conflicts[0]?.after },
      ),
    ]
  const [conflict] = run.conflicts
  if (conflict)
    return [
      problem(
        'invalid',
        'contradiction',
        `The files contradict each other: ${conflict.key} of ${conflict.phase ?? 'the run'} is ${conflict.before} in one place and ${conflict.after.text} in another.`,
        again,
        { phase: conflict.phase ?? undefined, evidence: conflict.after },
      ),
    ]
  if (score?.ok === false)
    return [
      problem(
        'invalid',
        'wrong-score',
        `The score does not follow from its phases: ${score.total} stands there, they give ${score.recomputed!.total.toFixed(6)}.`,
        again,
      ),
    ]
  const [damage] = run.damage
  if (damage)
    return [
      problem(
        'invalid',
        'damaged',
        `${run.damage.length === 1 ? 'A line' : `${run.damage.length} lines`} of the files can’t have been written by IO500 alone.`,
        again,
        { evidence: damage },
      ),
    ]
  return []
}

function changedConfig({ stated, computed }: HashCheck): Problem {
  return problem(
    'doubt',
    'changed-config',
    `config.ini is not what the run had: its hash is ${computed!}, the run’s was ${stated!}.`,
    'Give the config.ini of this run; one that was made by a changed program can’t be checked.',
  )
}

function normal(hash: string): string {
  return hash.toUpperCase().replace(/^0+(?=.)/, '')
}
