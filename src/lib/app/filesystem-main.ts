import { systemClock } from '../platform/clock.js'
import { readEnvironment } from '../platform/environment.js'
import { runFilesystemJob } from '../services/lustre/job/main.js'

/** `node dist/filesystem.js VERB …`: what runs in the jobs of a file system's benchmark, on the first node and on all of them. */
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => stop.abort())
// srun and the job's script may be gone before us: what we do goes on without a log.
process.stdout.on('error', () => undefined)

process.exitCode = await runFilesystemJob(process.argv.slice(2), {
  clock: systemClock,
  environment: readEnvironment(),
  stop: stop.signal,
  say: (text) => void process.stdout.write(`${systemClock.now().toISOString()} aibench: ${text}\n`),
  answer: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
})
