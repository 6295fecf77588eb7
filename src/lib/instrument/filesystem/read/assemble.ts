/** Puts together what belongs together: a result directory's files, the log of the job that made it, and what is by itself. */

import type { Io500Run, ReadResult } from './contract.js'
import type { Contents } from './contents.js'
import { deathOf, dyingPhase } from './death.js'
import { addFile, directoryOf, isSameRun, mergePrinted } from './merge.js'
import { phaseNamed } from '../phases.js'
import { newRun } from './run.js'

/** Names that io500 gives: what they hold belongs to the directory's run and to no other. */
const SUMMARY = /(?:^|\/)result_summary\.txt$/
const PHASE_TEXT = /(?:^|\/)([A-Za-z][\w-]*)\.txt$/

/** io500's own file has 19 sections and more, in its oldest release that writes one. */
const MOST_GIVEN = 15

interface Found {
  run: Io500Run
  /** Of result.txt or the summary; null for what is only in a log. */
  directory: string | null
}

export function assemble(all: readonly Contents[]): ReadResult[] {
  const found = runsIn(all)
  const used = new Set<Contents>()
  for (const { run, directory } of found) addPhaseTexts(run, directory, all, used)
  for (const { run, directory } of found) addConfig(run, directory, all)
  for (const one of found) if (one.run.truncated) findDeath(one, found, all)
  return [
    ...found.map(({ run }): ReadResult => ({ kind: 'io500', source: run.files[0], run })),
    ...all.filter((contents) => !used.has(contents)).flatMap(ofPrograms),
    ...(found.length === 0 ? neverBegun(all) : []),
  ]
}

function runsIn(all: readonly Contents[]): Found[] {
  const found: Found[] = []
  for (const { file, recorded } of all)
    for (const run of recorded) found.push({ run, directory: directoryOf(file) })
  // The summary of a directory goes to its run before a log can claim another one.
  const printing = all.toSorted(
    (a, b) => Number(SUMMARY.test(b.file)) - Number(SUMMARY.test(a.file)),
  )
  for (const { file, printed } of printing) {
    const isSummary = SUMMARY.test(file)
    for (const told of printed) {
      const own = ownerOf(told, file, isSummary, found)
      if (own) mergePrinted(own.run, told)
      else found.push({ run: told, directory: isSummary ? directoryOf(file) : null })
    }
  }
  return found
}

function ownerOf(
  told: Io500Run,
  file: string,
  isSummary: boolean,
  found: readonly Found[],
): Found | undefined {
  const here = directoryOf(file)
  if (isSummary) {
    const beside = found.filter(({ directory }) => directory === here)
    if (beside.length === 1) return beside[0]
    // Submitters lay a copy of it above the directory.
    return (beside.length > 0 ? beside : found).find(({ run }) => isSameRun(run, told))
  }
  const same = found.find(({ run }) => isSameRun(run, told))
  if (same) return same
  // It died before the first phase: nothing but the place tells whose the log is.
  if (told.phases.some(({ value }) => value !== null) || told.resultDir !== null) return undefined
  const below = found.filter(
    ({ run, directory }) => directory !== null && isBelow(directory, here) && run.truncated,
  )
  const isAlike = below.length === 1 && [null, below[0].run.version].includes(told.version)
  const isEmpty = isAlike && below[0].run.phases.every(({ value }) => value === null)
  return isEmpty ? below[0] : undefined
}

function addPhaseTexts(
  run: Io500Run,
  directory: string | null,
  all: readonly Contents[],
  used: Set<Contents>,
): void {
  if (directory === null) return
  for (const contents of all) {
    if (directoryOf(contents.file) !== directory) continue
    const phase = phaseOfFile(contents.file, run)
    if (!phase) continue
    if (contents.ior.length > 0) phase.ior = contents.ior[0]
    else if (contents.mdtest.length > 0) phase.mdtest = contents.mdtest[0]
    else continue
    used.add(contents)
    addFile(run, contents.file)
  }
  const reports = run.phases.flatMap(({ ior, mdtest }) => [mdtest, ior])
  run.nodes ??= reports.find((report) => report?.nodes)?.nodes ?? null
  run.procs ??= reports.find((report) => report?.tasks)?.tasks ?? null
}

function phaseOfFile(file: string, run: Io500Run) {
  const name = PHASE_TEXT.exec(file)?.[1] ?? ''
  const named = phaseNamed(name) ?? name
  // Programs of early 2025 named its text after the phase that it was made from.
  const other = named === 'ior-rnd4K-read' ? 'ior-rnd4K-easy-read' : undefined
  return (
    run.phases.find((phase) => phase.name === named) ??
    run.phases.find((phase) => phase.name === other)
  )
}

function addConfig(run: Io500Run, directory: string | null, all: readonly Contents[]): void {
  if (directory === null) return
  const beside = all.filter(({ file, ini }) => ini && directoryOf(file) === directory)
  const named = (name: string) => beside.find(({ file }) => file.endsWith(name))
  // Before 2021 only what was given is kept.
  const chosen = named('config.ini') ?? named('config-orig.ini') ?? beside.at(0)
  if (!chosen?.ini) return
  run.config = chosen.ini.config
  // io500.sh puts the given file over the effective one when both are named so; that one has all sections.
  const sections = chosen.ini.lines.filter(({ kind }) => kind === 'section')
  run.isConfigEffective = chosen.file.endsWith('config.ini') && sections.length >= MOST_GIVEN
  // With those that have no value: two of them count in the hash.
  run.configPairs = chosen.ini.lines.flatMap((line) =>
    line.kind === 'option' ? [[line.option.name, line.option.value] as const] : [],
  )
  addFile(run, chosen.file)
}

function findDeath(one: Found, found: readonly Found[], all: readonly Contents[]): void {
  const { run, directory } = one
  const last = dyingPhase(run)
  const own: Contents[] = []
  const beside: Contents[] = []
  for (const contents of all) {
    // The warnings of a phase that went on to its end did not kill the run.
    const phase = directoryOf(contents.file) === directory && phaseOfFile(contents.file, run)
    if (phase && phase !== last) continue
    if (run.files.includes(contents.file)) own.push(contents)
    else if (isLogOf(contents, one, found)) beside.push(contents)
  }
  const clues = [...own, ...beside].map((contents) => contents.clues)
  run.death = deathOf(run, clues)
  if (run.death.evidence) addFile(run, run.death.evidence.file)
}

/** A log beside or above the only run that it can be of, or named like it (`a.err` beside `a.out`). */
function isLogOf({ file }: Contents, one: Found, found: readonly Found[]): boolean {
  if (found.some(({ run }) => run.files.includes(file))) return false
  const place = ({ directory, run }: Found) => directory ?? directoryOf(run.files[0])
  const here = directoryOf(file)
  const dead = found.filter((other) => other.run.truncated && isBelow(place(other), here))
  if (!dead.includes(one)) return false
  return dead.length === 1 || stem(file) === stem(one.run.files[0])
}

/** Logs of a program that was refused before it could write anything. */
function neverBegun(all: readonly Contents[]): ReadResult[] {
  if (all.some(({ ior, mdtest }) => ior.length + mdtest.length > 0)) return []
  const telling = all.filter(
    ({ clues, isOfLauncher }) => clues.has('launcher') || (clues.size > 0 && isOfLauncher),
  )
  if (telling.length === 0) return []
  const run = newRun(telling[0].file)
  run.death = deathOf(
    run,
    telling.map(({ clues }) => clues),
  )
  return [{ kind: 'io500', source: telling[0].file, run }]
}

function ofPrograms({ file, ior, mdtest }: Contents): ReadResult[] {
  return [
    ...ior.map((report): ReadResult => ({ kind: 'ior', source: file, report })),
    ...mdtest.map((report): ReadResult => ({ kind: 'mdtest', source: file, report })),
  ]
}

function isBelow(directory: string, other: string): boolean {
  return other === '' || directory === other || directory.startsWith(`${other}/`)
}

/** `a` of `a.stdout.txt` and `a.stderr.txt`. */
function stem(file: string): string {
  return file.replace(/\.(?:stdout|stderr|out|err|log|txt)\b.*$/, '')
}
