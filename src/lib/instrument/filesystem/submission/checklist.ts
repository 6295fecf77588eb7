import type { Config } from '../ini/ini.js'
import type { FilesystemResult } from '../result.js'

/** Of a rule: the run shows that it is kept; a person has to see to it; or the run shows that it is not. */
export type RuleState = 'met' | 'open' | 'broken'

export interface CheckedRule {
  id: string
  rule: string
  state: RuleState
  /** What was found, or what to do. */
  told: string
}

export interface SubmissionFacts {
  result: FilesystemResult
  /** The configuration of the run that is handed in; null where it is not known. */
  config: Config | null
  /** What is in the bundle. */
  has: {
    resultTar: boolean
    jobScript: boolean
    jobOutput: boolean
    layoutRecord: boolean
  }
  /** Of the system information, what is still to be filled in. */
  leftOpen: readonly string[]
}

type Verdict = Pick<CheckedRule, 'state' | 'told'>
interface Rule {
  id: string
  rule: string
  check(facts: SubmissionFacts): Verdict
}

export const RULES_SOURCE = 'https://io500.org/rules-submission'

/** The rules for a submission in their order: the run, what was changed, what is handed in, what only people can answer. */
export function checklist(facts: SubmissionFacts): CheckedRule[] {
  return RULES.map(({ id, rule, check }) => ({ id, rule, ...check(facts) }))
}

const RULES: readonly Rule[] = [
  {
    id: 'valid',
    rule: 'The run is valid and complete: all phases in one go.',
    check({ result: { valid, problems, complete } }) {
      const first = problems.find(({ severity }) => severity === 'invalid')
      if (valid && complete) return met('it is')
      return broken(
        first?.text ?? (complete ? 'the result is not valid' : 'it did not come to its end'),
      )
    },
  },
  {
    id: 'stonewall',
    rule: 'Each phase that writes runs for 300 s at least (30 s in the Student Cluster Competition).',
    check({ result: { workload }, config }) {
      const wanted = isStudent(config) ? 30 : 300
      const { stonewallSeconds: seconds } = workload
      if (seconds === null) return open('look at stonewall-time in the ini file')
      return seconds === wanted ? met(`${seconds} s`) : broken(`stonewall-time was ${seconds} s`)
    },
  },
  {
    id: 'nodes',
    rule: 'To be ranked: 10 client nodes or more; for the 10-node lists exactly 10.',
    check({ result: { workload }, config }) {
      const { nodes } = workload
      if (isStudent(config)) return met('any number in the Student Cluster Competition')
      if (nodes === null) return open('say how many nodes there were')
      if (nodes < 10)
        return broken(`${counted(nodes, 'node', 'nodes')}: it is listed, and not ranked`)
      return met(nodes === 10 ? '10 nodes, for both lists' : `${nodes} nodes`)
    },
  },
  {
    id: 'processes',
    rule: 'Each node runs one process at least.',
    check({ result: { workload } }) {
      const { nodes, tasks } = workload
      if (nodes === null || tasks === null) return open('say how many processes there were')
      const told = `${counted(tasks, 'process', 'processes')} on ${counted(nodes, 'node', 'nodes')}`
      return tasks >= nodes ? met(told) : broken(told)
    },
  },
  {
    id: 'hashes',
    rule: 'Score and configuration are as io500 wrote them.',
    check({ result: { repeats, score } }) {
      const repeat = repeats.find((one) => one.score?.total === score?.total)
      const oks = [repeat?.hash?.ok, repeat?.configHash?.ok]
      if (oks.includes(false)) return broken('a hash does not fit: a file was changed')
      return oks.every((ok) => ok === true)
        ? met('both hashes fit')
        : open('a hash could not be checked')
    },
  },
  {
    id: 'caches',
    rule: 'On one node caches are dropped before each phase (Student Cluster Competition).',
    check({ result: { workload }, config }) {
      if (workload.nodes !== 1) return met('more than one node')
      const dropped = /^(true|1)$/i.test(config?.get('global')?.get('drop-caches') ?? '')
      return dropped ? met('drop-caches = TRUE') : broken('drop-caches is off')
    },
  },
  {
    id: 'layout',
    rule: 'Only ior-easy, ior-hard, mdtest-easy and mdtest-hard were laid out beforehand; nothing in them was made before.',
    check({ result: { fileSystem } }) {
      const { layout } = fileSystem
      return layout === 'default' || layout === 'suggested'
        ? met(`layout ${layout}, set by aibench`)
        : open(`see that ${layout} touches these directories only`)
    },
  },
  {
    id: 'find',
    rule: 'Another find than pfind comes with its source.',
    check({ config }) {
      if (config === null) return open('look at external-script in the ini file')
      const scripts = [...config].flatMap(([section, options]) =>
        section.startsWith('find') ? options.get('external-script') || [] : [],
      )
      return scripts.length === 0 ? met('pfind') : open(`add ${scripts.join(', ')} and its source`)
    },
  },
  {
    id: 'source',
    rule: 'The source of io500 was not changed.',
    check({ result: { product } }) {
      const { version } = product
      if (version === null) return open('say which release it was, unchanged')
      return /-g[0-9a-f]{6,}|dirty/.test(version)
        ? open(`${version} is no release: say how it was built`)
        : open(`confirm that ${version} was built unchanged`)
    },
  },
  {
    id: 'result-files',
    rule: 'Handed in: the result directory, job script and job output.',
    check({ has }) {
      const missing = [
        !has.resultTar && 'the result directory',
        !has.jobScript && 'the job script',
        !has.jobOutput && 'the job output',
      ].filter(Boolean)
      return missing.length === 0
        ? met('all in this bundle')
        : broken(`without ${missing.join(', ')}`)
    },
  },
  {
    id: 'layout-record',
    rule: 'Handed in: the commands that laid the directories out, and what came of them.',
    check: ({ has, result }) =>
      has.layoutRecord || !result.fileSystem.isLustre
        ? met(has.layoutRecord ? 'in this bundle' : 'no Lustre, no layout')
        : open('say how the directories were laid out'),
  },
  {
    id: 'system-information',
    rule: 'Handed in: system-information.json.',
    check({ leftOpen }) {
      if (leftOpen.length === 0) return met('filled in')
      const some = leftOpen.slice(0, 3).join(', ')
      return open(`fill in ${leftOpen.length} places: ${some}${leftOpen.length > 3 ? ' …' : ''}`)
    },
  },
  {
    id: 'repeatable',
    rule: 'Several runs gave similar scores.',
    check({ result: { spread, repeats } }) {
      const scored = repeats.filter(({ score }) => score !== null).length
      if (spread === null || scored < 2) return open('one run only: run it again (--repeats 3)')
      const percent = ((spread.max - spread.min) / spread.median) * 100
      const told = `${scored} runs within ${percent.toFixed(1)} %`
      return percent <= 10 ? met(told) : open(`${told}: say why`)
    },
  },
  {
    id: 'persistence',
    rule: 'What was written is on stable storage before a phase ends; nothing was won by compression or deduplication.',
    check: () => open('the questionnaire asks for it: how the storage does that'),
  },
  {
    id: 'questionnaire',
    rule: 'The questionnaire on reproducibility is answered.',
    check: () =>
      open(
        'purpose, availability, software, environment, fault tolerance, execution, caching, trust',
      ),
  },
]

/** A file for people: what is broken first. */
export function checklistText(rules: readonly CheckedRule[]): string {
  const marks: Readonly<Record<RuleState, string>> = { broken: '[!]', open: '[ ]', met: '[x]' }
  const lines = (['broken', 'open', 'met'] as const).flatMap((state) =>
    rules
      .filter((one) => one.state === state)
      .map(({ rule, told }) => `- ${marks[state]} ${rule}\n      ${told}`),
  )
  return ['# Before it is submitted to IO500', '', `Rules: ${RULES_SOURCE}`, '', ...lines, ''].join(
    '\n',
  )
}

function isStudent(config: Config | null): boolean {
  return /^(true|1)$/i.test(config?.get('global')?.get('scc') ?? '')
}

const counted = (count: number, one: string, many: string) =>
  count === 1 ? `one ${one}` : `${count} ${many}`

const met = (told: string): Verdict => ({ state: 'met', told })
const open = (told: string): Verdict => ({ state: 'open', told })
const broken = (told: string): Verdict => ({ state: 'broken', told })
