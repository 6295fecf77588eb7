/**
 * A result of 300 nodes and 12,288 processes, read and judged: time and memory of a process of its own.
 *
 *   npx tsx bench/explain.ts [rounds]
 *
 * Target: less than 1 s and less than 150 MB.
 */
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCORED_PHASES } from '../src/lib/instrument/filesystem/phases.js'

const RANKS = 12_288
const NODES = 300
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SAMPLE = join(ROOT, 'test/fixtures/io500/real-submissions/meluxina-isc21-512nodes')
const rounds = Number(process.argv[2] ?? 5)

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'aibench-explain-'))
  try {
    const results = join(home, 'results')
    const directory = join(results, '2021.06.11-15.07.04')
    await mkdir(directory, { recursive: true })
    await writeResult(directory)
    const archive = join(home, 'result.tgz')
    execFileSync('tar', ['-czf', archive, '-C', results, '.'])
    const program = await bundled(home)
    const size = execFileSync('du', ['-sb', directory], { encoding: 'utf8' }).split('\t')[0]
    console.log(
      `${NODES} nodes, ${RANKS} ranks: ${mb(Number(size))} in the directory, ${mb((await stat(archive)).size)} packed`,
    )
    report('read and judged, directory', () => measured([program, directory]))
    report('read and judged, .tgz', () => measured([program, archive]))
    const command = [join(ROOT, 'bin/run.js'), 'lustre', 'explain', directory, '--json']
    if (existsSync(join(ROOT, 'src/commands/lustre/explain.ts')))
      report('aibench lustre explain, directory', () => measured(command))
  } finally {
    await rm(home, { recursive: true })
  }
}

/** A public result of 512 nodes and as many ranks, with the tables of the ranks that were not published. */
async function writeResult(directory: string): Promise<void> {
  const files = ['result.txt', 'result_summary.txt', 'config.ini', 'config-orig.ini']
  for (const file of files) await writeFile(join(directory, file), await sample(file))
  for (const { name } of SCORED_PHASES) {
    if (name !== 'find')
      await writeFile(join(directory, `${name}.txt`), await sample(`${name}.txt`))
    await writeFile(join(directory, `${name}.csv`), ranksOf(name))
  }
}

async function sample(file: string): Promise<string> {
  const text = await readFile(join(SAMPLE, file), 'utf8')
  return text
    .replaceAll(/^(nodes +: )512$/gm, `$1${NODES}`)
    .replaceAll('512 node(s)', `${NODES} node(s)`)
}

function ranksOf(phase: string): string {
  const ranks = Array.from({ length: RANKS }, (_, rank) => rank)
  if (phase === 'find')
    return `runtime: 109.25 rate: 1557.9\nrank, errors, unknown, found, total, checked, job steal msgs received\n${ranks
      .map((rank) => `${rank}, 0, 0, 288, 13847, 13847, 543, 21920, 4, 0, 0.000s, 4\n`)
      .join('')}`
  if (phase.startsWith('ior'))
    return `access,rank,runtime-with-openclose,runtime,throughput-withopenclose,throughput\n${ranks
      .map(
        (rank) =>
          `write,${rank},5.6049000000e+02,5.6012000000e+02,3.8512345678e+07,3.8523456789e+07\n`,
      )
      .join('')}`
  return `rank,items,rate-File creation,time-File creation\n${ranks
    .map(
      (rank) => `${rank},9821${','.repeat(12)}2.9254485812e+02,3.3573000000e+01${','.repeat(8)}\n`,
    )
    .join('')}`
}

/** As the command has it: one file, no compiler in the process. */
async function bundled(home: string): Promise<string> {
  const outfile = join(home, 'explain.mjs')
  await build({
    stdin: {
      contents: `
        import { read } from './src/lib/instrument/filesystem/read/read-results.ts'
        import { judge } from './src/lib/instrument/filesystem/judge/judge.ts'
        const { results: [result] } = await read(process.argv[2])
        if (result.run.procs !== ${RANKS} || result.run.nodes !== ${NODES}) throw new Error('misread')
        if (judge(result.run).score.ok !== true) throw new Error('misjudged')`,
      resolveDir: ROOT,
      loader: 'ts',
    },
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' },
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    },
  })
  return outfile
}

interface Use {
  ms: number
  cpuMs: number
  bytes: number
}

/** From the start of the process to its end. */
function measured(argv: readonly string[]): Use {
  const tell = `process.on('exit', () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); process.stderr.write('\\n' + JSON.stringify([maxRSS * 1024, (userCPUTime + systemCPUTime) / 1000])) })`
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`]
  const start = performance.now()
  const errors = execFileSync(
    '/bin/sh',
    ['-c', '"$@" 2>&1 >/dev/null', 'sh', process.execPath, ...flags, ...argv],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const ms = performance.now() - start
  const [bytes, cpuMs] = JSON.parse(errors.trim().split('\n').at(-1)!) as [number, number]
  return { ms, cpuMs, bytes }
}

function report(title: string, measure: () => Use): void {
  const uses = Array.from({ length: rounds }, measure)
  const median = (of: (use: Use) => number) => uses.map(of).sort((a, b) => a - b)[rounds >> 1]
  console.log(
    `${title.padEnd(36)} ${median(({ ms }) => ms).toFixed(0)} ms, ${median(({ cpuMs }) => cpuMs).toFixed(0)} ms of CPU, ${mb(median(({ bytes }) => bytes))} resident`,
  )
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

await main()
