// `npm run quickstart`: everything that a fresh clone needs, then the main job on this machine: a real Chroma server is started,
// benchmarked, archived and stopped; then the same with a SIMULATED vLLM, since a real one needs a model and its time. Leaves nothing
// running, also when it fails or is interrupted.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const NAME = `quickstart-${process.pid}`
let interrupted = false
// The terminal sends Ctrl-C to our children too: they end by themselves, and we go on to the clean-up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (interrupted = true))

function run(command, args, { quiet = false } = {}) {
  if (!quiet)
    process.stderr.write(
      `\n$ ${[command === process.execPath ? 'aibench' : command, ...shown(args)].join(' ')}\n`,
    )
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit',
    })
    child.on('error', () => resolve(127))
    child.on('close', (code) => resolve(code ?? 1))
  })
}

const shown = (args) => (args[0] === 'bin/run.js' ? args.slice(1) : args)
const aibench = (...args) => run(process.execPath, ['bin/run.js', ...args])

async function step(work, fine = [0]) {
  if (interrupted) throw new Error('interrupted')
  const code = await work()
  if (!fine.includes(code)) throw Object.assign(new Error(`ended with exit code ${code}`), { code })
}

const isStale = (made, source) =>
  !existsSync(made) || statSync(made).mtimeMs < statSync(source).mtimeMs
const LOCAL = ['--name', NAME, '--scheduler', 'local', '--time', '15m', '--wait']
const started = new Set()

/** Started, benchmarked, archived; stopped at the end, whatever happens. */
async function tour(service, { start, bench }) {
  started.add(service)
  await step(() => aibench(service, 'start', ...LOCAL, ...start))
  // 10: the machine was too busy for exact figures, and the benchmark has said so.
  await step(() => aibench(service, 'bench', NAME, ...bench), [0, 10])
  await step(() => aibench(service, 'save', NAME))
  await stop(service)
}

async function stop(service) {
  started.delete(service)
  if ((await aibench(service, 'stop', NAME)) !== 0) process.exitCode ||= 1
}

try {
  if (isStale('node_modules/.package-lock.json', 'package-lock.json'))
    await step(() => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))
  await step(() => run('npm', ['run', '--silent', 'build']))
  await step(() => aibench('chroma', 'install'))
  await tour('chroma', {
    start: ['--profile', 'tuned'],
    bench: ['--duration', '3s', '--repeats', '2'],
  })
  process.stderr.write(
    '\nAnd an inference server, SIMULATED: its figures are not real performance.\n',
  )
  await tour('vllm', {
    start: ['--simulate', '--ttft', 'lognormal:60ms', '--itl', '12ms'],
    bench: ['--rate', '8', '--duration', '8s', '--input-len', '256', '--output-len', '48'],
  })
} catch (error) {
  process.stderr.write(`\nquickstart: ${error.message}\n`)
  process.exitCode = error.code ?? (interrupted ? 130 : 1)
} finally {
  for (const service of started) await stop(service)
}
