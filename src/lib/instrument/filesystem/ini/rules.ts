import { apiOf, backEndOf, groupOf, isDirect, isWithoutMdtest, type ApiChoice } from './apis.js'
import type { IniOption, IniProblem, ParsedIni } from './ini.js'
import { valueIn, type IniSchema } from './schema.js'
import { iorBytes, iorSizeText } from './sizes.js'
import type { IniFacts } from './values.js'

/** What concerns more than one value, and what the rules of the lists say. Each looks at all values that count, defaults included. */

export interface Checked {
  ini: ParsedIni
  schema: IniSchema
  facts: IniFacts
}

type Place = readonly [section: string, option: string]
type Finding = Pick<IniProblem, 'severity' | 'code' | 'text' | 'fix'> & { at: Place }
type Rule = (checked: Checked) => Finding[]

export function brokenRules(checked: Checked): IniProblem[] {
  return RULES.flatMap((rule) => rule(checked)).map(({ at: [section, option], ...finding }) => ({
    line: placeOf(checked.ini, section, option)?.line ?? 0,
    section,
    option,
    ...finding,
  }))
}

const RULES: readonly Rule[] = [
  ...[blockSize, apisOfMdtest, directIo, dummy, stonewall, pauses, filesPerDir],
  ...[phasesOff, mdworkbench, external, findProcs, cached],
]

function placeOf({ options }: ParsedIni, section: string, option: string): IniOption | undefined {
  return options.findLast(
    (one) =>
      one.section.toLowerCase() === section.toLowerCase() &&
      one.name.toLowerCase() === option.toLowerCase(),
  )
}

function value({ ini, schema }: Checked, section: string, option: string): string | null {
  return valueIn(ini.config, schema, section, option)
}

function isTrue(text: string | null): boolean {
  return text !== null && /^(true|1)$/i.test(text)
}

function isFalse(text: string | null): boolean {
  return text !== null && /^(false|0)$/i.test(text)
}

/** IOR looks when the phase starts, and ends the job. The access size is that of an 8 byte word. */
function blockSize(checked: Checked): Finding[] {
  const [transferText, blockText] = ['transferSize', 'blockSize'].map((name) =>
    value(checked, 'ior-easy', name),
  )
  const [transfer, block] = [transferText, blockText].map((text) => iorBytes(text ?? ''))
  if (transfer === undefined || block === undefined || transfer <= 0n || block <= 0n) return []
  const at = (name: string) => ['ior-easy', name] as const
  if (transfer % 8n !== 0n)
    return [
      {
        at: at('transferSize'),
        severity: 'error',
        code: 'transfer-size',
        text: `transferSize = ${transferText} is no multiple of 8 bytes`,
        fix: 'transferSize = 2m',
      },
    ]
  if (block % transfer === 0n) return []
  const below = (block / transfer) * transfer
  const fitting = [below, below + transfer].filter((bytes) => bytes > 0n).map(iorSizeText)
  const name = placeOf(checked.ini, 'ior-easy', 'blockSize') ? 'blockSize' : 'transferSize'
  return [
    {
      at: at(name),
      severity: 'error',
      code: 'block-size',
      text: `blockSize = ${blockText} is no multiple of transferSize = ${transferText}: IOR would end the job when ior-easy-write starts`,
      fix: `blockSize = ${fitting.join(' or ')}`,
    },
  ]
}

function phasesIn({ schema }: Checked, pattern: RegExp): string[] {
  return [...schema.sections.keys()].filter((name) => pattern.test(name))
}

/** Each place where an API is set once, however many phases take it from there. */
function choices(checked: Checked, pattern: RegExp, is: (api: string) => boolean): ApiChoice[] {
  const found = phasesIn(checked, pattern)
    .map((phase) => apiOf(checked.ini.config, checked.schema, phase))
    .filter((choice) => is(choice.value))
  return [...new Map(found.map((choice) => [choice.section, choice])).values()]
}

function apisOfMdtest(checked: Checked): Finding[] {
  const isBad = (api: string) => isWithoutMdtest(backEndOf(api))
  return choices(checked, /^mdtest-/, isBad).map(({ value: api, section, option }) => {
    const backEnd = backEndOf(api)
    return {
      at: [section, option],
      severity: 'error',
      code: 'api-without-mdtest',
      text: `mdtest can't use ${backEnd}: io500 would end when mdtest-easy-write starts`,
      fix:
        section === 'global'
          ? `api = POSIX here, and API = ${api} in [ior-easy] and [ior-hard]`
          : 'take it out, or name POSIX',
    }
  })
}

/** 47 008 and 3 901 bytes are no multiples of any block. */
function directIo(checked: Checked): Finding[] {
  const places = choices(checked, /^(ior-hard|mdtest-hard)/, isDirect)
  const aligned = choices(checked, /^ior-easy-(write|read)$/, isDirect)
  const transfer = iorBytes(value(checked, 'ior-easy', 'transferSize') ?? '')
  const odd = transfer !== undefined && transfer % 4096n !== 0n ? aligned : []
  return [
    ...places.map(({ section, option, value: api }): Finding => ({
      at: [section, option],
      severity: 'error',
      code: 'direct-io',
      text: `O_DIRECT fails in ${section.startsWith('mdtest') ? 'mdtest-hard (files of 3901 bytes)' : 'ior-hard (transfers of 47008 bytes)'}: io500 would abort there`,
      fix:
        section === 'global'
          ? `api = POSIX here, and API = ${api} in [ior-easy]`
          : `${option} = POSIX; O_DIRECT in [ior-easy] only`,
    })),
    ...odd.map((): Finding => ({
      at: ['ior-easy', 'transferSize'],
      severity: 'error',
      code: 'direct-io-alignment',
      text: 'with O_DIRECT transferSize must be a multiple of 4k',
      fix: 'transferSize = 2m',
    })),
  ]
}

function dummy(checked: Checked): Finding[] {
  const isDummy = (api: string) => /^dummy$/i.test(backEndOf(api))
  return choices(checked, /^(ior|mdtest)-/, isDummy).map(({ section, option }) => ({
    at: [section, option],
    severity: 'invalid',
    code: 'dummy-api',
    text: 'DUMMY reads and writes nothing: its figures say nothing of a file system',
    fix: `${option} = POSIX`,
  }))
}

/** Source: the rules of the lists; `validate` in src/phase_dbg.c, which io500 itself forgets again. */
function stonewall(checked: Checked): Finding[] {
  const isStudent = isTrue(value(checked, 'global', 'scc'))
  const wanted = isStudent ? 30 : 300
  const seconds = value(checked, 'debug', 'stonewall-time')
  if (seconds === null || !/^-?\d+$/.test(seconds) || Number(seconds) === wanted) return []
  return [
    {
      at: ['debug', 'stonewall-time'],
      severity: 'invalid',
      code: 'stonewall-time',
      text: `stonewall-time is ${seconds} s: a result counts with ${wanted} s only${isStudent ? ' (scc = TRUE)' : ''}, and io500 may not mark it`,
      fix: `stonewall-time = ${wanted} for a result that is to count`,
    },
  ]
}

function pauses(checked: Checked): Finding[] {
  if (value(checked, 'debug', 'pause-dir') === null) return []
  return [
    {
      at: ['debug', 'pause-dir'],
      severity: 'invalid',
      code: 'pause-dir',
      text: 'pause-dir makes every run invalid, and io500 waits while a file with the name of the phase is there',
      fix: 'take it out for a result that is to count',
    },
  ]
}

function filesPerDir(checked: Checked): Finding[] {
  const files = value(checked, 'mdtest-hard', 'files-per-dir')
  if (files === null || /^0+$/.test(files)) return []
  return [
    {
      at: ['mdtest-hard', 'files-per-dir'],
      severity: 'invalid',
      code: 'files-per-dir',
      text: 'files-per-dir makes every run invalid, and switches the stonewall of mdtest-hard off: its n alone ends it',
      fix: 'take it out for a result that is to count',
    },
  ]
}

/** Phases whose score counts, and those that need what another one wrote. */
const SCORED =
  /^(ior-(easy|hard)-(write|read)|mdtest-easy-(write|stat|delete)|mdtest-hard-(write|stat|read|delete)|find)$/
const READERS =
  /^(ior|mdtest)-(easy|hard)-(read|stat)$|^mdtest-(easy|hard)-delete$|^ior-rnd4k-easy-read$/

function phasesOff(checked: Checked): Finding[] {
  const offBy = (phase: string): string | undefined =>
    [groupOf(phase), phase].find((section) => isFalse(value(checked, section, 'run')))
  const off = new Map<string, string[]>()
  const broken = new Map<string, string[]>()
  for (const phase of phasesIn(checked, /./)) {
    const by = offBy(phase)
    if (by !== undefined && SCORED.test(phase)) off.set(by, [...(off.get(by) ?? []), phase])
    const writer = `${groupOf(phase)}-write`
    const isWithout =
      by === undefined && READERS.test(phase) && isFalse(value(checked, writer, 'run'))
    if (isWithout) broken.set(writer, [...(broken.get(writer) ?? []), phase])
  }
  const them = (phases: readonly string[]) => (phases.length > 1 ? 'them' : 'it')
  const without = [...broken].map(([writer, phases]): Finding => ({
    at: [writer, 'run'],
    severity: 'error',
    code: 'phase-without-files',
    text: `${writer} is off, and ${phases.join(', ')} would end the job: nothing was written for ${them(phases)}`,
    fix: `run = TRUE, or run = FALSE in [${groupOf(writer)}], which stands for all of its phases`,
  }))
  const left = [...off].filter(([section]) => !broken.has(section))
  return [
    ...without,
    ...left.map(([section, phases]): Finding => ({
      at: [section, 'run'],
      severity: 'invalid',
      code: 'phase-off',
      text: `the result is invalid without ${phases.join(', ')}, and the score leaves ${them(phases)} out`,
      fix: 'run = TRUE for a result that is to count',
    })),
  ]
}

function mdworkbench(checked: Checked): Finding[] {
  const both = ['precreatePerSet', 'filesPerProc'] as const
  const set = both.filter((name) => value(checked, 'mdworkbench', name) !== null)
  if (set.length !== 1) return []
  const missing = both.find((name) => !set.includes(name))
  return [
    {
      at: ['mdworkbench', set[0]],
      severity: 'doubt',
      code: 'mdworkbench-pair',
      text: `${set[0]} without ${missing}: in extended mode io500 refuses that`,
      fix: 'set both or none',
    },
  ]
}

function external(checked: Checked): Finding[] {
  return phasesIn(checked, /^find/).flatMap((section) => {
    const script = value(checked, section, 'external-script')
    if (script === null || script.startsWith('/')) return []
    return [
      {
        at: [section, 'external-script'],
        severity: 'doubt',
        code: 'relative-script',
        text: `external-script is looked for in the directory where io500 starts, not beside this file`,
        fix: 'write its full path',
      },
    ]
  })
}

function findProcs(checked: Checked): Finding[] {
  const { procs } = checked.facts
  return phasesIn(checked, /^find/).flatMap((section) => {
    const wanted = value(checked, section, 'nproc')
    if (procs === undefined || wanted === null || !(Number(wanted) > procs)) return []
    return [
      {
        at: [section, 'nproc'],
        severity: 'error',
        code: 'find-procs',
        text: `nproc = ${wanted} is more than the ${procs} processes of the run: io500 would end before its first phase`,
        fix: `nproc = ${procs}, or less`,
      },
    ]
  })
}

/** One node reads from its own memory what it has just written. */
function cached(checked: Checked): Finding[] {
  const isCached = checked.facts.nodes === 1 && !isTrue(value(checked, 'global', 'drop-caches'))
  if (!isCached) return []
  return [
    {
      at: ['global', 'drop-caches'],
      severity: 'doubt',
      code: 'cached-reads',
      text: 'on one node the read phases read from its memory what was just written, unless the caches are dropped',
      fix: 'drop-caches = TRUE, where drop-caches-cmd may be run',
    },
  ]
}
