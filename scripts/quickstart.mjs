// `npm run quickstart`: everything that a fresh clone needs, then the main job on this machine: a real Chroma server is started,
// benchmarked, archived and stopped. Leaves nothing running, also when it fails or is interrupted.
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

async function step(work) {
  if (interrupted) throw new Error('interrupted')
  const code = await work
  if (code !== 0) throw Object.assign(new Error(`ended with exit code ${code}`), { code })
}

const isStale = (made, source) =>
  !existsSync(made) || statSync(made).mtimeMs < statSync(source).mtimeMs
let started = false
try {
  if (isStale('node_modules/.package-lock.json', 'package-lock.json'))
    await step(run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))
  await step(run('npm', ['run', '--silent', 'build']))
  await step(aibench('chroma', 'install'))
  started = true
  await step(
    aibench(
      'chroma',
      'start',
      '--name',
      NAME,
      '--profile',
      'tuned',
      '--scheduler',
      'local',
      '--time',
      '15m',
      '--wait',
    ),
  )
  await step(aibench('chroma', 'bench', NAME, '--duration', '3s', '--repeats', '2'))
  await step(aibench('chroma', 'save', NAME))
} catch (error) {
  process.stderr.write(`\nquickstart: ${error.message}\n`)
  process.exitCode = error.code ?? (interrupted ? 130 : 1)
} finally {
  if (started && (await aibench('chroma', 'stop', NAME)) !== 0) process.exitCode ||= 1
}
