import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { misfit } from '../platform/misfit.js'
import { SimulatorOptionsSchema } from './options.js'
import { startSimulator } from './server.js'

/**
 * `node dist/simulator.js OPTIONS_FILE PORT`: a simulated vLLM on this machine's loopback. TERM and INT end it cleanly.
 * The lines are those that vLLM's own log has at these points, so that a reader of logs finds them.
 */
async function main(optionsFile: string, port: number): Promise<void> {
  const options = v.parse(SimulatorOptionsSchema, JSON.parse(await readFile(optionsFile, 'utf8')))
  const simulator = await startSimulator(options, { port, keepTruth: false })
  console.log(`SIMULATED vLLM ${options.version}: no model, not real performance`)
  console.log(`Starting vLLM server on ${simulator.url}`)
  const ready = setTimeout(() => console.log('Application startup complete.'), options.loadMs)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      clearTimeout(ready)
      void simulator.close()
    })
}

try {
  await main(process.argv[2], Number(process.argv[3]))
} catch (error) {
  process.stderr.write(`The simulator can't start: ${whyOf(error)}\n`)
  process.exitCode = 1
}

function whyOf(error: unknown): string {
  if (!v.isValiError(error)) return (error as Error).message
  return misfit(error.issues as v.BaseIssue<unknown>[])
}
