import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AibenchError, UsageError } from '../platform/errors.js'
import {
  EXPORTER_PLAN,
  EXPORTER_TOKEN,
  exporterRecordOf,
  type ExporterPlan,
  type ExporterRecord,
} from '../platform/exporter-files.js'
import { readJsonIfThere, writeJson } from '../platform/files.js'
import { systemClock } from '../platform/clock.js'
import { openGuard } from '../platform/guard.js'
import { GpuFile } from './gpus/gpu-file.js'
import { watchGpus } from './gpus/watch-gpus.js'
import { Members } from './members.js'
import { handOverIfInside } from './relay/inside.js'
import { Relay } from './relay/relay.js'
import { ROOTS } from './node/node-figures.js'
import { serve } from './serve.js'

/**
 * `node dist/exporter.js RUN_DIR NODE ADDRESS`: tells figures of a node of a job, of its GPUs, and of the servers on it, to whoever has the
 * token in RUN_DIR/exporter.token. What it has to do is in RUN_DIR/exporter.json; where it listens, in RUN_DIR/exporter.NODE.json, as long as
 * it does. TERM, INT and HUP end it, with exit code 0.
 */
async function main([runDir, node, address, ...more]: readonly string[]): Promise<void> {
  if (!runDir || !node || !address || more.length > 0)
    throw new UsageError('Usage: node exporter.js RUN_DIR NODE ADDRESS')
  const plan = (await readJsonIfThere(join(runDir, EXPORTER_PLAN))) as ExporterPlan | undefined
  if (!plan) throw new UsageError(`There is no ${join(runDir, EXPORTER_PLAN)}`)
  const now = () => systemClock.now().getTime()

  const recordFile = join(runDir, exporterRecordOf(node))
  /** Not yet known: 0. */
  let port = 0
  let told = Promise.resolve()
  // One after the other: the last that is written is the last that was true.
  const tell = () => {
    told = told
      .then(async () => {
        if (port > 0) await writeJson(recordFile, record())
      })
      .catch((error: unknown) => log(`can't say where it listens: ${(error as Error).message}`))
  }
  const members = new Members(runDir, node, plan, tell)
  const file = new GpuFile(runDir, node, { log })
  const gpus = watchGpus({
    sys: ROOTS.sys,
    now,
    log,
    onLook: (look) => file.add(look),
    onFound: tell,
  })
  const relay = new Relay({ runDir, node, log })
  const guard = await openGuard(join(runDir, EXPORTER_TOKEN), { log })
  const host = plan.listen === 'node' ? address : '127.0.0.1'
  const record = (): ExporterRecord => ({
    node,
    host,
    port,
    members: members.listed,
    gpus: gpus.seen(),
    at: systemClock.now().toISOString(),
  })
  const server = await serve({ runDir, node, host, plan, guard, members, gpus, relay, now })
  port = server.port
  tell()
  await members.open()
  await relay.open()
  log(`listens on ${host}:${port}`)

  const end = async () => {
    gpus.close()
    members.close()
    relay.close()
    server.close()
    await told
    await rm(recordFile, { force: true }).catch(() => undefined)
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.once(signal, () => void end())
}

function log(line: string): void {
  process.stderr.write(`exporter: ${line}\n`)
}

process.stderr.on('error', () => undefined)
try {
  if (!(await handOverIfInside())) await main(process.argv.slice(2))
} catch (error) {
  log(error instanceof Error ? error.message : String(error))
  process.exit(error instanceof AibenchError ? error.exitCode : 1)
}
