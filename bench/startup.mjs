/**
 * What a command costs before and beside its work: CPU time over a bare node, and file system calls.
 *
 *   npm run build && aibench chroma install && node bench/startup.mjs [rounds]
 *
 * Targets: `--version`, `status` and `chroma check` ≤ node + 90 CPU ms and ≤ 150 file system calls; an answer to TAB ≤ node + 20 CPU ms.
 * File system calls are what a command costs on a parallel file system; they are counted by strace, when it is there.
 * Starts a real Chroma server on this machine for `status` and `check` to look at, and stops it.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const rounds = Number(process.argv[2] ?? 15)
const home = mkdtempSync(join(tmpdir(), 'aibench-startup-'))
const empty = join(home, 'empty.mjs')
const env = { ...process.env, AIBENCH_HOME: home, AIBENCH_SCHEDULER: 'local', NO_COLOR: '1' }

const cases = {
  'bare node': [empty],
  'aibench --version': [PROGRAM, '--version'],
  'aibench status': [PROGRAM, 'status'],
  'aibench chroma check': [PROGRAM, 'chroma', 'check'],
  'TAB: command': [PROGRAM, '__complete', 'bash', 'chroma', ''],
  'TAB: instance name': [PROGRAM, '__complete', 'bash', 'chroma', 'check', ''],
}

/** User and system time of a command and its children, by bash's own clock. */
function cpuMs(args) {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>/dev/null'
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], {
    env,
    encoding: 'utf8',
  })
  const [user, system] = stderr.trim().split(' ').map(Number)
  return (user + system) * 1000
}

function fileCalls(args) {
  const trace = join(home, 'trace')
  const strace = ['-f', '-qq', '-e', 'trace=%file', '-o', trace, process.execPath, ...args]
  const { error } = spawnSync('strace', strace, { env, stdio: 'ignore' })
  if (error) return NaN
  return Number(execFileSync('wc', ['-l', trace], { encoding: 'utf8' }).split(' ')[0])
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

const aibench = (...args) => execFileSync(process.execPath, [PROGRAM, ...args], { env })
writeFileSync(empty, '')
try {
  // The server may be installed in the user's own data directory, which is not this one.
  if (!process.env.AIBENCH_CHROMA_COMMAND) aibench('chroma', 'install')
  aibench('chroma', 'start', '--wait')
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, args] of Object.entries(cases)) times[name].push(cpuMs(args))
  const node = median(times['bare node'])
  console.log(`${' '.repeat(22)}  CPU ms  over node  file calls`)
  for (const [name, args] of Object.entries(cases)) {
    const cpu = median(times[name])
    const cells = [cpu.toFixed(0).padStart(6), (cpu - node).toFixed(0).padStart(9)]
    console.log(`${name.padEnd(22)}  ${cells.join('  ')}  ${String(fileCalls(args)).padStart(10)}`)
  }
} finally {
  aibench('chroma', 'stop', '--force')
  rmSync(home, { recursive: true, force: true })
}
