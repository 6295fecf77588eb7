import { systemClock } from '../platform/clock.js'
import { readEnvironment } from '../platform/environment.js'
import { systemHttp } from '../platform/http.js'
import { systemProcesses } from '../platform/processes.js'
import { runMonitorsJob } from '../services/monitors/job/main.js'

/** `node dist/monitors.js VERB RUN_DIR`: what runs in the job of the monitors, beside their servers. */
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const)
  process.on(signal, () => stop.abort())
process.stdout.on('error', () => undefined)

process.exitCode = await runMonitorsJob(process.argv.slice(2), {
  clock: systemClock,
  environment: readEnvironment(),
  http: systemHttp,
  processes: systemProcesses,
  stop: stop.signal,
  say: (text) => void process.stdout.write(`${systemClock.now().toISOString()} aibench: ${text}\n`),
})
