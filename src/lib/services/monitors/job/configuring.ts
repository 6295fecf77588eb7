import { join } from 'node:path'
import * as v from 'valibot'
import { BugError } from '../../../platform/errors.js'
import { readJsonIfThere, writeAtomically } from '../../../platform/files.js'
import { readTokenFile } from '../../../platform/token-file.js'
import type { MonitorsPlan, ProgramPlan } from '../plan.js'
import type { JobContext } from './context.js'

/** Where the servers listen: chosen by the job's script, and again when a port was taken. */
const PortsSchema = v.object({
  /** Of all but the node exporter, which nobody but Prometheus beside it asks. */
  host: v.string(),
  prometheus: v.number(),
  node: v.number(),
  grafana: v.number(),
  /** OTLP by HTTP, by gRPC. */
  collector: v.number(),
  collectorGrpc: v.number(),
})
export type Ports = v.InferOutput<typeof PortsSchema>

/** All that a part of the configuration may need to know. */
export interface Configuring {
  context: JobContext
  runDir: string
  plan: MonitorsPlan
  ports: Ports
  /** On the node's own disk, 0700. */
  etc: string
}

export interface Login {
  user: string
  password: string
}

export async function readPorts(runDir: string): Promise<Ports> {
  const read = v.safeParse(PortsSchema, await readJsonIfThere(join(runDir, 'ports.json')))
  if (read.success) return read.output
  throw new BugError(`${runDir} holds no ports of monitors`)
}

/** What a server asks for, of NAME.token. */
export async function loginOf(runDir: string, name: string): Promise<Login> {
  const text = await readTokenFile(join(runDir, `${name}.token`))
  const colon = text.indexOf(':')
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** The password alone, as others read it to log in: NAME.password. */
export async function writePassword(etc: string, runDir: string, name: string): Promise<void> {
  const { password } = await loginOf(runDir, name)
  await writeAtomically(join(etc, `${name}.password`), password)
}

/** What the script runs: the words of NAME.command, a line each; in the image that NAME.image names. */
export async function writeCommand(
  etc: string,
  name: string,
  { argv, image }: ProgramPlan,
  words: readonly string[],
): Promise<void> {
  const lines = [...argv, ...words].map((word) => `${word}\n`).join('')
  await writeAtomically(join(etc, `${name}.command`), lines)
  if (image) await writeAtomically(join(etc, `${name}.image`), `${image.path}\n`)
}
