/**
 * What the sampler of a file system benchmark costs on a node, and whether its sums are right.
 *
 *   npx tsx bench/sampler.ts [ranks] [seconds]
 *
 * Ranks are real processes that write blocks of 64 KiB into files of their own, each a block every half second, and end one by one; beside
 * them as many others of the same user that are none. The sampler runs in a process of its own, whose CPU time is counted from its second
 * second on: what starting Node costs is paid once. What it says was written is compared with the sizes of the files. The bounds: 1 % of a
 * core, and 5 % of the bytes. CPU time is what it is on a busy machine too, a little higher.
 */
import { fork, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseSample, samplesPath } from '../src/lib/instrument/filesystem/live/files.js'
import { RANK_MARK } from '../src/lib/instrument/filesystem/live/ranks.js'
import { sample } from '../src/lib/instrument/filesystem/live/sampler.js'

const BLOCK = Buffer.alloc(64 * 1024)
const MOST_CORES = 0.01
const MOST_ERROR = 0.05

async function main(ranks: number, seconds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'aibench-sampler-'))
  const files = Array.from({ length: ranks }, (_, i) => join(dir, `rank-${i}`))
  const started = files.map((path) => writer(path, { [RANK_MARK]: 'bench' }))
  const others = files.map(() => spawn('sleep', ['3600']))
  try {
    const sampler = fork(fileURLToPath(import.meta.url), ['--sample', dir])
    const used = new Promise<number>((resolve) => sampler.once('message', resolve as never))
    for (const endMs = performance.now() + seconds * 1000; performance.now() < endMs;) {
      for (const { stdin } of started) stdin.write(BLOCK)
      await sleep(500)
    }
    // A rank is seen before it ends: the others go first.
    await sleep(1500)
    for (const { stdin } of started.slice(ranks / 2)) stdin.end()
    await sleep(1500)
    sampler.kill('SIGTERM')
    const cores = await used
    const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size))
    const written = sizes.reduce((sum, size) => sum + size, 0)
    const lines = (await readFile(samplesPath(dir, 'node'), 'utf8')).split('\n')
    const last = lines.map(parseSample).findLast((one) => one !== undefined)!
    const error = Math.abs(last.writeBytes - written) / written
    const most = Math.max(...lines.map((line) => parseSample(line)?.ranks ?? 0))
    console.log(`${most} of ${ranks} ranks seen, beside ${others.length} other processes`)
    console.log(`sampler   ${(cores * 100).toFixed(2)} % of a core     bound ${MOST_CORES * 100} %`)
    console.log(`written   ${written} bytes in files, ${last.writeBytes} by the sampler`)
    console.log(`          off by ${(error * 100).toFixed(2)} %        bound ${MOST_ERROR * 100} %`)
    if (cores > MOST_CORES || error > MOST_ERROR || most < ranks) process.exitCode = 1
  } finally {
    for (const child of [...started, ...others]) child.kill()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function writer(path: string, variables: Record<string, string>): ChildProcessWithoutNullStreams {
  const child = spawn('dd', [`of=${path}`, 'bs=64k', 'iflag=fullblock', 'status=none'], {
    env: { ...process.env, ...variables },
  })
  child.stdin.on('error', () => undefined)
  return child
}

/** The process whose CPU time is counted. */
async function sampleHere(dir: string): Promise<void> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const options = { run: 'bench', program: null, runDir: dir, node: 'node', dataDir: dir }
  const sampling = sample({ ...options, signal: stop.signal })
  await sleep(2000)
  const [before, fromMs] = [process.cpuUsage(), performance.now()]
  await sampling
  const { user, system } = process.cpuUsage(before)
  process.send!((user + system) / 1000 / (performance.now() - fromMs))
  process.disconnect()
}

const [first, second] = process.argv.slice(2)
if (first === '--sample') await sampleHere(second)
else await main(Number(first ?? 128), Number(second ?? 30))
