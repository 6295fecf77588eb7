// Makes the public lists of IO500 anew: figures only, out of a checkout of https://github.com/IO500/submission-data.
//   node scripts/io500-lists.mjs CHECKOUT COMMIT DATE
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const TARGET = new URL('../src/lib/instrument/filesystem/corpus/lists.json', import.meta.url)
const PHASES = [
  ...['ior-easy-write', 'mdtest-easy-write', 'ior-hard-write', 'mdtest-hard-write', 'find'],
  ...['ior-easy-read', 'mdtest-easy-stat', 'ior-hard-read', 'mdtest-hard-stat'],
  ...['mdtest-easy-delete', 'mdtest-hard-read', 'mdtest-hard-delete', 'ior-rnd4K-easy-read'],
]
/** Of all generations: `[RESULT] BW   phase 1   ior_easy_write  88.4 GB/s : time 339.09 seconds`, `[RESULT]   find   1.2 kIOPS : time 3.1 seconds`. */
const RESULT =
  /^\[(?:RESULT| +)\](?: BW| IOPS)?(?:\s+phase \d+)?\s+([a-z][\w-]*)\s+([\d.]+) \w+(?:\/s)?\s*: time\s+([\d.]+)/gim

const [checkout, commit, date] = process.argv.slice(2)
if (!date) throw new Error('node scripts/io500-lists.mjs CHECKOUT COMMIT DATE')

const rows = new Map()
for (const path of readdirSync(checkout, { recursive: true }).sort()) {
  if (!path.endsWith('result_summary.txt')) continue
  const row = rowOf(path)
  // Many stand twice: beside a submission and within it, or handed in again for another list. The one that tells its nodes is taken.
  if (row && !rows.get(row.key)?.nodes) rows.set(row.key, row)
}
const sorted = [...rows.values()].sort((a, b) => b.score - a.score)
const lists = {
  about:
    'Figures of the results that were submitted to IO500, one a line. Made by scripts/io500-lists.mjs.',
  source: { repository: 'https://github.com/IO500/submission-data', commit, date },
  columns: 'submission;year;institution;system;file system;version;nodes;processes;GiB/s;kIOPS',
  then: 'value:seconds of each phase; GiB/s or thousand operations a second',
  phases: PHASES,
  rows: sorted.map(({ columns, phases }) => [...columns, ...phases].join(';')),
}
writeFileSync(TARGET, JSON.stringify(lists, null, 2) + '\n')
process.stdout.write(`${sorted.length} results\n`)

function rowOf(path) {
  const text = readFileSync(join(checkout, path), 'utf8')
  const score = /\[SCORE[^\]]*\]\s+Bandwidth ([\d.]+).*?IOPS ([\d.]+)/.exec(text)
  if (!score || /invalid/i.test(text)) return undefined
  const [bandwidth, metadata] = score.slice(1).map(Number)
  const figures = new Map(
    [...text.matchAll(RESULT)].map(([, name, value, seconds]) => [
      name.replaceAll('_', '-'),
      [Number(value), Number(seconds)],
    ]),
  )
  const launched = /launched with (\d+) total task\(s\) on (\d+) node\(s\)/.exec(
    textOf(dirname(path), /^mdtest[-_]easy[-_]write\.txt$/),
  )
  const [procs, nodes] = launched?.slice(1) ?? ['', '']
  return {
    key: `${bandwidth} ${metadata}`,
    nodes,
    score: Math.sqrt(bandwidth * metadata),
    columns: [
      ...whoseOf(path),
      plain(/^IO500 version (\S+)/m.exec(text)?.[1] ?? ''),
      ...[nodes, procs, Number(bandwidth.toPrecision(8)), Number(metadata.toPrecision(8))],
    ],
    phases: PHASES.map((name) => {
      const [value, seconds] = figures.get(name) ?? []
      return value > 0 ? `${Number(value.toPrecision(5))}:${Number(seconds.toPrecision(4))}` : ''
    }),
  }
}

/** Institution/system/file system, which may have a slash in it/year/submission-number/… */
function whoseOf(path) {
  const parts = path.split('/')
  const at = parts.findIndex((part) => /^submission-\d+$/.test(part))
  const year = /^20\d\d$/.test(parts[at - 1]) ? parts[at - 1] : ''
  const [institution, system, ...fileSystem] = parts.slice(0, year ? at - 1 : at)
  // One submission gathers what several sites had handed in before there were submissions, a folder each.
  const [site, ofSite] = [parts[at + 1], parts[at + 2]]
  const isGathered = !/^results?\b|^data$/.test(site) && /^results$|^\w+$/.test(ofSite ?? '')
  const names = isGathered ? [site, site, ''] : [institution, system, fileSystem.join('/')]
  return [parts[at].slice('submission-'.length), year, ...names.map(plain)]
}

function textOf(folder, name) {
  const found = readdirSync(join(checkout, folder)).find((entry) => name.test(entry))
  return found ? readFileSync(join(checkout, folder, found), 'utf8') : ''
}

function plain(text) {
  return text.replaceAll(/[;\s]+/g, ' ').trim()
}
