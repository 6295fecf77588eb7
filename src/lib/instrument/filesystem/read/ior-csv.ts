/** `-O summaryFormat=CSV`: a row a repetition and access, and nothing else about the run. */

import type { IorReport } from './contract.js'
import { measureFrom, newIorReport } from './ior-text.js'
import { linesOf } from './lines.js'
import { numberIn } from './number-text.js'

const HEAD = /^access,bw\(MiB\/s\),/

export function isIorCsv(text: string): boolean {
  return /^access,bw\(MiB\/s\),/m.test(text)
}

export function readIorCsv(text: string): IorReport[] {
  const reports: IorReport[] = []
  let columns: string[] = []
  for (const line of linesOf(text)) {
    const cells = line.text.split(',')
    const report = reports.at(-1)
    if (HEAD.test(line.text)) {
      columns = cells.map((name) => (name === 'Latency' ? 'Latency(s)' : name))
      reports.push(newIorReport())
    } else if (report && /^(?:write|read|remove)$/.test(cells[0])) {
      if (!line.isWhole || cells.length !== columns.length || report.results.length >= 10_000)
        continue
      report.results.push(measureFrom(columns, cells))
      report.tasks = numberIn(cells[columns.indexOf('numTasks')])
      report.isComplete = true
    }
  }
  return reports
}
