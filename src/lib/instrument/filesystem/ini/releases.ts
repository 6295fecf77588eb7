import type { IniSchema, SchemaOption, SchemaSection, ValueKind } from './schema.js'

/** Releases of io500 in their order; the last is the source after isc26, as of 2026-07. */
export const RELEASES = [
  ...(['sc20', 'isc21', 'sc21', 'isc22', 'sc22', 'isc23', 'sc23', 'isc24'] as const),
  ...(['sc24', 'isc25', 'sc25', 'isc26', 'isc26+'] as const),
]
export type Release = (typeof RELEASES)[number]

/**
 * The options of all releases: `name kind default`, and behind @ the first and the last release that had it, where that is not all.
 * Source: the tags of IO500/io500 from io500-sc20_v3 to io500-isc26_v2 and 02091cf; facts only.
 */
const TABLE = `
[global]
datadir path ./datafiles
timestamp-datadir boolean TRUE
resultdir path ./results
timestamp-resultdir boolean TRUE
api api POSIX
drop-caches boolean FALSE
drop-caches-cmd command sudo -n bash -c "echo 3 > /proc/sys/vm/drop_caches"
io-buffers-on-gpu boolean FALSE @isc21
verbosity count 1
scc boolean FALSE
dataPacketType text timestamp @sc21
[debug]
stonewall-time integer 300
pause-dir path @sc22
[ior-easy]
API api
posix.odirect boolean @..sc20
transferSize size 2m
blockSize size 9920000m
hintsFileName path @..sc20
filePerProc boolean TRUE
uniqueDir boolean FALSE
run boolean TRUE @isc21
noRun boolean @..sc20
verbosity integer
[ior-easy-write]
API api
posix.odirect boolean @..sc20
hintsFileName path @..sc20
run boolean TRUE @sc21
[ior-rnd] @isc21..isc21
API api
blockSize count 1073741824
run boolean TRUE
verbosity integer
randomPrefill integer 0
[ior-rnd-write] @isc21..isc21
API api
[ior-rnd4K] @sc21..isc26
API api
blockSize count 1073741824
run boolean TRUE
verbosity integer
randomPrefill integer 0
[ior-rnd4K-write] @sc21..isc26
API api
run boolean TRUE
[mdtest-easy]
API api
posix.odirect boolean @..sc20
n count 1000000
run boolean TRUE @isc21
noRun boolean @..sc20
[mdtest-easy-write]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[ior-rnd1MB] @sc21..isc26
API api
blockSize count 1073741824
run boolean TRUE
verbosity integer
randomPrefill integer 0
[ior-rnd1MB-write] @sc21..isc26
API api
run boolean TRUE
[mdworkbench] @isc21
API api
waitingTime decimal 0.0
precreatePerSet count
filesPerProc count
run boolean TRUE
verbosity integer
[mdworkbench-create] @isc21
run boolean TRUE
[timestamp]
[find-easy] @isc21
external-script path
external-mpi-args command
external-extra-args command
nproc count
run boolean TRUE
pfind-queue-length integer 10000
pfind-steal-next boolean FALSE
pfind-parallelize-single-dir-access-using-hashing boolean FALSE
[ior-hard]
API api
posix.odirect boolean @..sc20
hintsFileName path @..sc20
segmentCount integer 10000000
collective boolean @isc21
run boolean TRUE @isc21
noRun boolean @..sc20
verbosity integer
[ior-hard-write]
API api
hintsFileName path @..sc20
collective boolean @isc21
run boolean TRUE @sc21
[mdtest-hard]
API api
posix.odirect boolean @..sc20
n count 1000000
files-per-dir count @isc21
run boolean TRUE @isc21
noRun boolean @..sc20
[mdtest-hard-write]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[find]
external-script path
external-mpi-args command
external-extra-args command
nproc count
run boolean TRUE @isc21
noRun boolean @..sc20
pfind-queue-length integer 10000
pfind-steal-next boolean FALSE
pfind-parallelize-single-dir-access-using-hashing boolean FALSE
[ior-rnd-read] @isc21..isc21
API api
[ior-rnd4K-read] @sc21..isc26
API api
run boolean TRUE
[ior-rnd1MB-read] @sc21..isc26
API api
run boolean TRUE
[find-hard] @isc21
external-script path
external-mpi-args command
external-extra-args command
nproc count
run boolean TRUE
pfind-queue-length integer 10000
pfind-steal-next boolean FALSE
pfind-parallelize-single-dir-access-using-hashing boolean FALSE
[mdworkbench-bench] @isc21
run boolean TRUE
[ior-easy-read]
API api
posix.odirect boolean @..sc20
hintsFileName path @..sc20
run boolean TRUE @sc21
[mdtest-easy-stat]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[ior-hard-read]
API api
posix.odirect boolean @..sc20
hintsFileName path @..sc20
collective boolean @isc21
run boolean TRUE @sc21
[mdtest-hard-stat]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[mdworkbench-delete] @isc21
run boolean TRUE
[mdtest-easy-delete]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[mdtest-hard-read]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[mdtest-hard-delete]
API api
posix.odirect boolean @..sc20
run boolean TRUE @isc21
noRun boolean @..sc20
[ior-rnd4K-easy-read] @isc25
API api
run boolean TRUE
`

interface Span {
  first: number
  last: number
}

interface Row extends SchemaOption, Span {}

interface SectionRows extends Span {
  name: string
  options: readonly Row[]
}

const ALL: readonly SectionRows[] = readTable(TABLE)

/** What a release knows. */
export function schemaOf(release: Release): IniSchema {
  const at = RELEASES.indexOf(release)
  const has = ({ first, last }: Span) => first <= at && at <= last
  const sections = ALL.filter(has).map(({ name, options }): [string, SchemaSection] => [
    name.toLowerCase(),
    {
      name,
      options: new Map(options.filter(has).map((row) => [row.name.toLowerCase(), optionOf(row)])),
    },
  ])
  return { release: titleOf(release), sections: new Map(sections) }
}

export const NEWEST_RELEASE: Release = 'isc26+'

/** The kind of an option that some release has, also in a section that none has. Names in lower case. */
export function knownKind(section: string, name: string): ValueKind | undefined {
  const rows = ALL.flatMap((one) => one.options.map((row) => ({ ...row, section: one.name })))
  const same = rows.filter((row) => row.name.toLowerCase() === name)
  return (same.find((row) => row.section.toLowerCase() === section) ?? same[0])?.kind
}

/** `isc25 to isc26`: the releases that had a section, or an option of it. @returns undefined when none had */
export function releasesWith(section: string, option?: string): string | undefined {
  const rows = ALL.find(({ name }) => name.toLowerCase() === section.toLowerCase())
  const found =
    option === undefined
      ? rows
      : rows?.options.find(({ name }) => name.toLowerCase() === option.toLowerCase())
  return found && spanText(found)
}

/** The releases whose options a binary's are. @returns undefined when they are those of none that is known */
export function releasesLike({ sections }: IniSchema): string | undefined {
  const names = namesIn(sections)
  const same = RELEASES.flatMap((release, index) =>
    namesIn(schemaOf(release).sections) === names ? [index] : [],
  )
  return same.length === 0 ? undefined : spanText({ first: same[0], last: same.at(-1)! })
}

/** `ior-easy.transferSize`, of the newest release. */
export function optionNames(): string[] {
  return [...schemaOf(NEWEST_RELEASE).sections.values()].flatMap(({ name, options }) =>
    [...options.values()].map((option) => `${name}.${option.name}`),
  )
}

function titleOf(release: Release): string {
  return release === NEWEST_RELEASE ? 'io500 after isc26 (2026-07)' : `io500-${release}`
}

function namesIn(sections: IniSchema['sections']): string {
  return [...sections]
    .flatMap(([section, { options }]) => [
      section,
      ...[...options.keys()].map((name) => `${section}.${name}`),
    ])
    .sort()
    .join('\n')
}

function spanText({ first, last }: Span): string {
  const [from, to] = [RELEASES[first], RELEASES[last]]
  if (from === NEWEST_RELEASE) return 'what came after isc26'
  if (from === to) return from
  return last === RELEASES.length - 1 ? `${from} and later` : `${from} to ${to}`
}

function optionOf({ name, kind, default: usual }: Row): SchemaOption {
  return { name, kind, default: usual }
}

function readTable(table: string): SectionRows[] {
  const sections: (SectionRows & { options: Row[] })[] = []
  for (const line of table.split('\n').filter(Boolean)) {
    const [, body, span = ''] = /^(.*?)(?: @(\S+))?$/.exec(line)!
    const [, section] = /^\[(.+)\]$/.exec(body) ?? []
    if (section !== undefined) {
      sections.push({
        name: section,
        options: [],
        ...readSpan(span, { first: 0, last: RELEASES.length - 1 }),
      })
      continue
    }
    const { options, first, last } = sections.at(-1)!
    const [name, kind, ...value] = body.split(' ')
    const usual = value.length === 0 ? null : value.join(' ')
    options.push({
      name,
      kind: kind as ValueKind,
      default: usual,
      ...readSpan(span, { first, last }),
    })
  }
  return sections
}

/** `isc21`: from then on; `..sc20`: up to then; `sc21..isc26`. */
function readSpan(text: string, whole: Span): Span {
  const [first, last] = text.includes('..') ? text.split('..') : [text, '']
  return {
    first: first === '' ? whole.first : RELEASES.indexOf(first as Release),
    last: last === '' ? whole.last : RELEASES.indexOf(last as Release),
  }
}
