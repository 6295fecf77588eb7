/** mdtest's own text, 1.9.3 to 4.1.0+dev. Its second table, `SUMMARY time`, says ms and means something else: it is passed over. */

import type { MdtestReport } from './contract.js'
import { fileSystemIn } from './ior-text.js'
import { linesOf, type Line } from './lines.js'
import { numberIn } from './number-text.js'
import { kept } from './run.js'

const LAUNCHED = /mdtest-(\S+) was launched with (\d+) total task\(s\) on (\d+) node\(s\)/
const STARTED = /^-- started at (.{1,40}?) --/
const FINISHED = /-- finished at (.{1,40}?) --/
const STONEWALL = /Continue stonewall hit min: (\d+) max: (\d+) avg: ([\d.]+)/
const ITEMS = /^\d+ tasks, (\d+) (?:files|directories)/
const TABLE = /^SUMMARY (rate|time).*?(?:\(of (\d+) iterations\))?$/
const ROW =
  /^\s{1,40}((?:Directory|File|Tree) (?:creation|stat|read|rename|removal))\s{0,40}:?\s{1,40}([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*$/
const WARNING = /\b(?:WARNING|ERROR):? /
const MOST = { reports: 1000, rates: 100, warnings: 100 }

export function isMdtestText(text: string): boolean {
  return LAUNCHED.test(text)
}

/** One for each time that it was started. */
export function readMdtestText(text: string, file: string): MdtestReport[] {
  const reports: MdtestReport[] = []
  let startedAt: string | null = null
  let isRates = false
  for (const line of linesOf(text)) {
    const launched = LAUNCHED.exec(line.text)
    const report = reports.at(-1)
    if (launched && reports.length < MOST.reports) {
      reports.push(newReport(launched, startedAt))
      isRates = false
    } else if (report) {
      const table = TABLE.exec(line.text.trim())
      if (table) {
        isRates = table[1] === 'rate'
        if (isRates) report.iterations = numberIn(table[2])
      } else take(report, line, file, isRates)
    }
    startedAt = STARTED.exec(line.text)?.[1] ?? startedAt
  }
  return reports
}

function newReport(
  [, version, tasks, nodes]: RegExpExecArray,
  startedAt: string | null,
): MdtestReport {
  return {
    version,
    command: null,
    startedAt,
    endedAt: null,
    tasks: Number(tasks),
    nodes: Number(nodes),
    items: null,
    iterations: null,
    rates: [],
    stonewall: null,
    fileSystem: null,
    warnings: [],
    isComplete: false,
  }
}

function take(report: MdtestReport, line: Line, file: string, isRates: boolean): void {
  const { text } = line
  const finished = FINISHED.exec(text)
  const stonewall = STONEWALL.exec(text)
  const items = ITEMS.exec(text)
  const row = isRates && line.isWhole ? ROW.exec(text) : null
  if (finished) {
    report.endedAt = finished[1]
    report.isComplete = true
  } else if (stonewall)
    report.stonewall = {
      min: Number(stonewall[1]),
      max: Number(stonewall[2]),
      average: Number(stonewall[3]),
    }
  else if (items) report.items = Number(items[1])
  else if (row && report.rates.length < MOST.rates) {
    const [maxPerSecond, minPerSecond, meanPerSecond, stdDev] = row.slice(2).map(Number)
    report.rates.push({ operation: row[1], maxPerSecond, minPerSecond, meanPerSecond, stdDev })
  } else if (text.startsWith('Command line used:'))
    report.command ??= kept(text.slice('Command line used:'.length).trim())
  else if (WARNING.test(text) && report.warnings.length < MOST.warnings)
    report.warnings.push({ file, line: line.number, text: kept(text) })
  else report.fileSystem ??= fileSystemIn(text)
}
