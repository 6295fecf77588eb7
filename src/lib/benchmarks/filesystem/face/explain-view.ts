import { aibench } from '../../../platform/command-line.js'
import { oneLine } from '../../../platform/printable.js'
import { formatCount, formatNumber } from '../../../platform/units.js'
import type { HashCheck } from '../../../instrument/filesystem/judge/contract.js'
import { flow } from '../../../report/flow.js'
import type { Style } from '../../../report/style.js'
import { cut } from '../../../report/table.js'
import type { Explained, ExplainReport } from '../explain.js'
import { phaseTable } from './phase-table.js'
import { problemLines } from './problem-lines.js'

/** The answer first, then what is wrong with it and what to change, the phases, what limits it, and what to type next. */
export function explainView(report: ExplainReport, style: Style): string {
  const results = 'results' in report ? report.results : [report]
  return results.map((result) => oneResult(result, style).join('\n')).join('\n\n\n')
}

/** `PATH score=… valid=…`, a line for each. */
export function explainLine(report: ExplainReport): string {
  const results = 'results' in report ? report.results : [report]
  return results
    .map(({ path, score, valid }) => `${path} score=${score?.total ?? 'null'} valid=${valid}`)
    .join('\n')
}

function oneResult(result: Explained, style: Style): string[] {
  const { phases, list } = result
  const measured = phases
    .filter(({ value }) => value !== null)
    // Alone, nothing is part of a score, and that needs no word.
    .map((phase) => (result.program === 'io500' ? phase : { ...phase, isScored: true }))
  const inList = list && measured.some(({ percentile }) => percentile !== null) ? list.name : null
  return [
    ...heading(result, style),
    '',
    ...answer(result, style),
    ...spaced(problems(result, style)),
    ...spaced(measured.length > 0 ? phaseTable(measured, inList, style) : []),
    ...spaced(checks(result, style)),
    ...spaced(limits(result, style)),
    ...spaced(nextLines(result, style)),
  ]
}

function heading(result: Explained, style: Style): string[] {
  const { program, version, mode, nodes, procs, startedAt, path, source } = result
  const name = { io500: 'IO500', ior: 'IOR', mdtest: 'mdtest' }[program]
  return [
    ...flow(
      [
        [name, version, mode === 'extended' && `(${mode})`].filter(Boolean).join(' '),
        nodes !== null && counted(nodes, 'node'),
        procs !== null && counted(procs, 'process', 'es'),
        startedAt,
      ],
      { width: style.columns, indent: 0 },
    ),
    style.quiet(source === path || path.endsWith(source) ? path : `${path}: ${source}`),
  ]
}

function answer(
  { program, score, valid, isComplete, problems, phases }: Explained,
  style: Style,
): string[] {
  const line = (mark: string, ...parts: string[]) =>
    flow(parts, { width: style.columns, name: mark, indent: 2 })
  if (program !== 'io500') {
    const doubts = problems.filter(({ severity }) => severity === 'doubt').length
    if (!valid) return line(style.bad('✗'), 'not complete: these figures are what is left of it')
    if (doubts === 0)
      return line(style.good('✓'), 'complete, and nothing speaks against its figures')
    return line(style.waiting('!'), `complete, with ${counted(doubts, 'doubt')} about its figures`)
  }
  if (!score) {
    const scored = phases.filter(({ isScored }) => isScored)
    const done = scored.filter(({ value }) => value !== null).length
    return line(style.bad('✗'), `no score: ${done} of ${scored.length} phases were done`)
  }
  const figures = [
    `bandwidth ${formatNumber(score.bandwidthGiBPerSecond)} GiB/s`,
    `metadata ${formatNumber(score.metadataKiops)} kIOPS`,
  ]
  const total = `score ${style.strong(formatNumber(score.total))}`
  if (valid) {
    const isListed = !problems.some(({ severity }) => severity === 'unranked')
    const word = style.good('valid') + (isListed ? '' : ', but not for the lists')
    return line(style.good('✓'), `${total}, ${word}`, ...figures)
  }
  const word = style.bad(isComplete ? 'invalid' : 'invalid: not all of it is there')
  return line(style.bad('✗'), `${total}, ${word}`, ...figures)
}

/** With the line of the files that tells, where it says more than the sentence. */
function problems({ problems: found }: Explained, style: Style): string[] {
  return found.flatMap((one) => {
    const isMore = one.evidence !== null && one.severity === 'invalid' && !SAID.test(one.evidence)
    return [
      ...problemLines([one], style),
      ...(isMore ? [style.quiet(`    ${cut(oneLine(one.evidence!), style.columns - 4)}`)] : []),
    ]
  })
}

/** IO500's own words for what the sentence says already. */
const SAID =
  /stonewall|files-per-dir is set|DRY RUN|PAUSING|Runtime (of phase|is smaller)|score shouldn't/i

function checks(
  { program, score, extendedScore, hash, configHash }: Explained,
  style: Style,
): string[] {
  if (program !== 'io500' || !score) return []
  const width = { width: style.columns, indent: 2 }
  return [
    ...flow(
      [
        recomputed('score', score, style),
        extendedScore &&
          `extended score ${formatNumber(extendedScore.total)}${extendedScore.ok === false ? style.bad(' wrong') : ''}`,
        hashText('hash', hash, style),
        hashText('config hash', configHash, style),
      ],
      width,
    ),
  ]
}

function recomputed(
  name: string,
  { total, recomputed: again, ok }: NonNullable<Explained['score']>,
  style: Style,
): string {
  if (ok === null || again === null) return `${name} ${total}: can’t be recomputed`
  return ok
    ? `${name} recomputed ${style.good('✓')}`
    : `${name} ${style.bad('✗')} ${total} stands there, its phases give ${again.total.toFixed(6)}`
}

function hashText(name: string, { stated, computed, ok, why }: HashCheck, style: Style): string {
  if (ok === null) return style.quiet(`${name} can’t be checked: ${why ?? ''}`)
  return ok
    ? `${name} ${stated!} ${style.good('✓')}`
    : `${name} ${stated!} ${style.bad('✗')} (computed ${computed!})`
}

function limits({ limit, standing, list, advice, phases }: Explained, style: Style): string[] {
  if (!limit || !list) return []
  const gain =
    limit.scoreAtMedian > limit.score * 1.01
      ? `; with their median of ${formatNumber(limit.median)} the score would be ${formatNumber(limit.scoreAtMedian)}`
      : ''
  const of = `the ${limit.n} public ${list.name === 'lustre' ? 'Lustre' : list.name} results`
  const place = standing ? `The score is ${standingText(standing.percentile, of)}. ` : ''
  const unit = phases.find(({ name }) => name === limit.name)?.unit ?? ''
  const value = `${formatNumber(limit.value)} ${unit}`
  return [
    ...flow(
      [
        `${place}What holds it back is ${style.strong(limit.name)}: ${value}, ${standingText(limit.percentile, standing ? 'them' : of)}${gain}.`,
      ],
      { width: style.columns, indent: 2 },
    ),
    ...advice.flatMap(({ text, source }) => [
      ...flow([text], { width: style.columns, name: `  ${style.quiet('→')}`, indent: 4 }),
      ...flow([style.quiet(source)], { width: style.columns, indent: 4 }),
    ]),
  ]
}

function standingText(percentile: number, them: string): string {
  const share = Math.round(percentile)
  if (share === 0) return `below nearly all of ${them}`
  return share === 100
    ? `among the best of ${them}`
    : `as good as or better than ${share} % of ${them}`
}

function nextLines({ program, path, valid, score }: Explained, style: Style): string[] {
  if (program !== 'io500') return []
  const next = [
    score && ['compare:', aibench('lustre', 'compare', path)],
    !valid && ['again, by the rules:', aibench('lustre', 'ini', 'new', '--preset', 'full')],
  ]
  return next.flatMap((line) => (line ? [`${style.quiet(line[0])} ${line[1]}`] : []))
}

function spaced(lines: string[]): string[] {
  return lines.length > 0 ? ['', ...lines] : []
}

function counted(n: number, one: string, plural = 's'): string {
  return `${formatCount(n)} ${one}${n === 1 ? '' : plural}`
}
