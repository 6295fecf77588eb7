/**
 * IOR's JSON. It stops to be JSON as soon as there is a warning or a stonewall: those lines are printed into the middle of it
 * (hpc/ior, ior-output.c). They are taken out and read as what they are; what a killed run left open is closed.
 */

import type { IorReport } from './contract.js'
import { fillFromOptions, newIorReport, readIorText } from './ior-text.js'
import { linesOf } from './lines.js'
import { numberIn } from './number-text.js'

const OF_JSON = /^\s*(?:$|[{}[\],"])/
const MAX_CHARACTERS = 8 * 1024 * 1024

export function isIorJson(text: string): boolean {
  return (
    /^(?:\{ {0,8})?[ \t]{0,8}"Version" {0,8}:/m.test(text) &&
    /"(?:Command line|tests)" {0,8}:/.test(text)
  )
}

/** One for each test in each document. */
export function readIorJson(text: string, file: string): IorReport[] {
  return documentsIn(text).flatMap((document) => reportsOf(document, file))
}

interface Document {
  json: string
  /** Between the lines of the JSON, at their line numbers. */
  others: { number: number; text: string }[]
}

function documentsIn(text: string): Document[] {
  const documents: Document[] = []
  let open: { lines: string[]; others: Document['others'] } | undefined
  for (const { number, text: line } of linesOf(text.slice(0, MAX_CHARACTERS))) {
    if (line.startsWith('{') && !open) open = { lines: [], others: [] }
    if (!open) continue
    if (OF_JSON.test(line)) open.lines.push(line)
    else open.others.push({ number, text: line })
    if (!/^\}\s*$/.test(line) && !(line.startsWith('{') && line.trimEnd().endsWith('}'))) continue
    documents.push({ json: open.lines.join('\n'), others: open.others })
    open = undefined
  }
  if (open) documents.push({ json: open.lines.join('\n'), others: open.others })
  return documents
}

function reportsOf({ json, others }: Document, file: string): IorReport[] {
  const whole = parsed(json)
  const document = whole ?? parsed(closed(json))
  if (!isRecord(document)) return []
  const tests = Array.isArray(document.tests) ? document.tests.filter(isRecord) : []
  const aside = readAside(others, file)
  return tests.slice(0, 1000).map((test, index) => ({
    ...reportOf(document, test),
    ...(index === 0 ? aside : {}),
    isComplete: whole !== undefined && typeof document.Finished === 'string',
    isRepaired: whole === undefined || others.length > 0,
  }))
}

function reportOf(document: Fields, test: Fields): IorReport {
  const report = newIorReport()
  const parameters = isRecord(test.Parameters) ? test.Parameters : {}
  report.version = textOf(document.Version)
  report.command = textOf(document['Command line'])
  report.machine = textOf(document.Machine)
  report.startedAt = textOf(test.StartTime) ?? textOf(document.Began)
  report.endedAt = textOf(document.Finished)
  for (const [name, value] of Object.entries(isRecord(test.Options) ? test.Options : {}).slice(
    0,
    100,
  ))
    report.options[name] = textOf(value) ?? ''
  fillFromOptions(report)
  report.nodes ??= numberOf(parameters.nodes)
  report.tasksPerNode ??= numberOf(parameters.tasksPerNode)
  report.transferBytes = numberOf(parameters.transferSize) ?? report.transferBytes
  report.blockBytes = numberOf(parameters.blockSize) ?? report.blockBytes
  report.fileSystem = fileSystemOf(test)
  const results = Array.isArray(test.Results) ? test.Results.filter(isRecord) : []
  let iteration = -1
  const seen = new Set<string>()
  for (const result of results.slice(0, 10_000)) {
    const access = textOf(result.access) ?? ''
    // The JSON does not tell it; each repetition does each access once.
    if (iteration < 0 || seen.has(access)) {
      iteration++
      seen.clear()
    }
    seen.add(access)
    report.results.push({
      access,
      bandwidthMiBPerSecond: numberOf(result.bwMiB),
      iops: numberOf(result.iops),
      latencySeconds: numberOf(result.latency),
      openSeconds: numberOf(result.openTime),
      transferSeconds: numberOf(result.wrRdTime),
      closeSeconds: numberOf(result.closeTime),
      totalSeconds: numberOf(result.totalTime),
      iteration,
    })
  }
  return report
}

function fileSystemOf(test: Fields): IorReport['fileSystem'] {
  const size = textOf(test.Capacity)
  const usedPercent = percentOf(test['Used Capacity'])
  if (size === null || usedPercent === null) return null
  return {
    size,
    usedPercent,
    inodes: textOf(test.Inodes),
    usedInodesPercent: percentOf(test['Used Inodes']),
  }
}

/** The lines that are no JSON, through the reader of the text: one that knows them. */
function readAside(
  others: Document['others'],
  file: string,
): Pick<IorReport, 'stonewalls' | 'warnings'> {
  const banner = 'IOR-0: MPI Coordinated Test of Parallel I/O\n'
  const [read] = readIorText(banner + others.map(({ text }) => text + '\n').join(''), file)
  return {
    stonewalls: read.stonewalls,
    warnings: read.warnings.map((at) => ({ ...at, line: others[at.line - 2].number })),
  }
}

/** Cut behind the last whole value, with the brackets closed that are open there. */
function closed(json: string): string {
  const open: string[] = []
  let best = ''
  let isString = false
  for (let at = 0; at < json.length; at++) {
    const letter = json[at]
    if (isString) {
      if (letter === '\\') at++
      else if (letter === '"') isString = false
      continue
    }
    if (letter === '"') isString = true
    else if (letter === '{' || letter === '[') open.push(letter === '{' ? '}' : ']')
    else if (letter === '}' || letter === ']') open.pop()
    if ((letter === '}' || letter === ']' || letter === ',') && open.length > 0 && open.length < 64)
      best = json.slice(0, letter === ',' ? at : at + 1) + open.toReversed().join('')
  }
  return best
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

type Fields = Record<string, unknown>

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function percentOf(value: unknown): number | null {
  return numberIn(textOf(value)?.replace(/%$/, ''))
}
