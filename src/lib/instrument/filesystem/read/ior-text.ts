/**
 * IOR's own text, 2.10 to 4.1.0+dev. Numbers have six digits below 1, two below 3600, none from there, and a `-` when there is none
 * (ior-output.c, PPDouble); columns are told by the table's head, because IOPS and Latency came with 3.3.
 */

import type { FileSystemUse, IorMeasure, IorReport } from './contract.js'
import { linesOf, type Line } from './lines.js'
import { bytesIn, numberIn } from './number-text.js'
import { kept } from './run.js'

const BANNER = /IOR-(\S+): MPI Coordinated Test of Parallel I\/O/
const FIELD = /^\s{0,40}([A-Za-z][\w /]{0,40}?)\s{0,40}[:=]\s?(.*)$/
const STONEWALL =
  /stonewalling pairs accessed min: (\d+) max: (\d+)(?: -- .{0,100}time: ([\d.]+)s)?/
const WARNING = /\b(?:WARNING|ERROR):? /
const FILE_SYSTEM =
  /^(?:FS|FS\s+): (.{1,20}?)\s+Used FS: ([\d.]+)%(?:\s+Inodes: (.{1,20}?)\s+Used Inodes: ([\d.]+)%)?/
const MOST = { results: 10_000, stonewalls: 10_000, warnings: 100, options: 100, tests: 1000 }

const COLUMNS: Readonly<Record<string, Exclude<keyof IorMeasure, 'access'>>> = {
  'bw(MiB/s)': 'bandwidthMiBPerSecond',
  IOPS: 'iops',
  'Latency(s)': 'latencySeconds',
  'open(s)': 'openSeconds',
  'wr/rd(s)': 'transferSeconds',
  'close(s)': 'closeSeconds',
  'total(s)': 'totalSeconds',
  iter: 'iteration',
}

export function isIorText(text: string): boolean {
  return BANNER.test(text)
}

/** One for each test in it. */
export function readIorText(text: string, file: string): IorReport[] {
  const reader = new IorTextReader(file)
  for (const line of linesOf(text)) reader.take(line)
  return reader.reports
}

export function newIorReport(): IorReport {
  return {
    version: null,
    command: null,
    startedAt: null,
    endedAt: null,
    machine: null,
    options: {},
    nodes: null,
    tasks: null,
    tasksPerNode: null,
    transferBytes: null,
    blockBytes: null,
    aggregateBytes: null,
    results: [],
    stonewalls: [],
    fileSystem: null,
    warnings: [],
    isComplete: false,
    isRepaired: false,
  }
}

class IorTextReader {
  readonly reports: IorReport[] = []
  private part: 'head' | 'options' | 'results' = 'head'
  private hasTest = false
  private columns: string[] = []

  constructor(private readonly file: string) {}

  take(line: Line): void {
    const { text } = line
    const banner = BANNER.exec(text)
    if (banner) this.begin({ ...newIorReport(), version: banner[1] })
    const report = this.reports.at(-1)
    if (!report || banner) return
    if (/^(?:Options|Summary):\s*$/.test(text)) this.part = 'options'
    else if (/^Results:\s*$/.test(text)) this.part = 'results'
    else if (text.startsWith('TestID')) this.nextTest(report)
    else this.content(report, line)
  }

  private begin(report: IorReport): void {
    if (this.reports.length < MOST.tests) this.reports.push(report)
    this.part = 'head'
    this.hasTest = false
    this.columns = []
  }

  /** A script runs several tests under one banner. */
  private nextTest({ version, command, machine, startedAt }: IorReport): void {
    if (this.hasTest) this.begin({ ...newIorReport(), version, command, machine, startedAt })
    this.hasTest = true
  }

  private content(report: IorReport, line: Line): void {
    const { text } = line
    const stonewall = STONEWALL.exec(text)
    const fileSystem = fileSystemIn(text)
    if (stonewall) {
      if (report.stonewalls.length < MOST.stonewalls)
        report.stonewalls.push({
          minPairs: Number(stonewall[1]),
          maxPairs: Number(stonewall[2]),
          seconds: numberIn(stonewall[3]),
        })
    } else if (WARNING.test(text)) this.warn(report, line)
    else if (fileSystem) report.fileSystem = fileSystem
    else if (this.part === 'results' && this.result(report, line)) return
    else this.field(report, line)
  }

  private warn(report: IorReport, { number, text }: Line): void {
    if (report.warnings.length < MOST.warnings)
      report.warnings.push({ file: this.file, line: number, text: kept(text) })
  }

  private field(report: IorReport, { text, isWhole }: Line): void {
    const [, name, rest] = FIELD.exec(text) ?? []
    if (name === undefined || !isWhole) return
    const value = kept(rest.trim())
    if (name === 'Began' || name === 'Run began') report.startedAt ??= value
    else if (name === 'Finished' || name === 'Run finished') {
      report.endedAt = value
      for (const earlier of this.reports)
        if (earlier.command === report.command) earlier.isComplete = true
    } else if (name === 'Command line' || name === 'Command line used') report.command ??= value
    else if (name === 'Machine') report.machine ??= value
    else if (this.part === 'options' && Object.keys(report.options).length < MOST.options) {
      report.options[name] = value
      fillFromOptions(report)
    }
  }

  private result(report: IorReport, { text, isWhole }: Line): boolean {
    const cells = text.trim().split(/\s+/, 32)
    if (cells[0] === 'access') {
      this.columns = cells
      return true
    }
    if (!/^(?:write|read|remove)$/.test(cells[0]) || cells.length !== this.columns.length)
      return false
    if (isWhole && report.results.length < MOST.results)
      report.results.push(measureFrom(this.columns, cells))
    return true
  }
}

export function measureFrom(columns: readonly string[], cells: readonly string[]): IorMeasure {
  const measure: IorMeasure = {
    access: cells[0],
    bandwidthMiBPerSecond: null,
    iops: null,
    latencySeconds: null,
    openSeconds: null,
    transferSeconds: null,
    closeSeconds: null,
    totalSeconds: null,
    iteration: null,
  }
  for (const [index, column] of columns.entries())
    if (Object.hasOwn(COLUMNS, column)) measure[COLUMNS[column]] = numberIn(cells[index])
  return measure
}

export function fillFromOptions(report: IorReport): void {
  const { options } = report
  const [, clients, each] = /^(\d+) \((\d+) per node\)/.exec(options.clients ?? '') ?? []
  report.nodes = numberIn(options.nodes)
  report.tasks = numberIn(options.tasks ?? clients)
  report.tasksPerNode = numberIn(options['clients per node'] ?? each)
  report.transferBytes = bytesIn(options.xfersize)
  report.blockBytes = bytesIn(options.blocksize)
  report.aggregateBytes = bytesIn(options['aggregate filesize'])
}

/** IOR and mdtest print it alike. */
export function fileSystemIn(text: string): FileSystemUse | null {
  const [, size, used, inodes, usedInodes] =
    FILE_SYSTEM.exec(text.replace(/^FS\s+:/, 'FS:').replace(/\s{2,}/g, '  ')) ?? []
  const usedPercent = numberIn(used)
  if (size === undefined || usedPercent === null) return null
  return { size, usedPercent, inodes: inodes ?? null, usedInodesPercent: numberIn(usedInodes) }
}
