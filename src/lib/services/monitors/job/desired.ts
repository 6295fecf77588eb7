import { join } from 'node:path'
import * as v from 'valibot'
import { SAMPLE_LIMIT, type Endpoint, type ScrapeTarget } from '../../../monitoring/targets.js'
import { EXPORTER_PLAN, EXPORTER_TOKEN } from '../../../platform/exporter-files.js'
import {
  listNames,
  makePrivateDir,
  readTextIfThere,
  writeAtomically,
} from '../../../platform/files.js'
import { distrustOf, readTrustedJson } from '../../../platform/ownership.js'
import { readTokenFile } from '../../../platform/token-file.js'
import type { Instance, State } from '../../../state/schema.js'
import { readWishes, wishesFolder, type ScrapeWish, type Wish } from '../wishes.js'
import { labelsOf } from './labels.js'

/** What is to be scraped now, and what can't be although it should. */
export interface Desired {
  targets: ScrapeTarget[]
  trouble: string[]
}

export interface Looking {
  /** The run directory of the monitors. */
  runDir: string
  /** On the node's own disk. */
  etc: string
  /** The node of the monitors. */
  node: string
}

const MembersSchema = v.array(v.object({ name: v.string(), path: v.string() }))
/** What is needed of exporter.NODE.json. */
const RecordSchema = v.object({
  node: v.string(),
  host: v.string(),
  port: v.number(),
  members: MembersSchema,
})
type Record = v.InferOutput<typeof RecordSchema>
const PlanSchema = v.object({ members: v.record(v.string(), v.unknown()) })

/** Every node of every instance that has an exporter, as the files say, and what else was wished for. */
export async function desiredTargets(looking: Looking, state: State): Promise<Desired> {
  const desired: Desired = { targets: [], trouble: [] }
  const wishes = await readWishes(looking.runDir)
  const isLeftOut = ({ id }: Instance) => wishes.some((wish) => isOf(wish, id))
  for (const instance of Object.values(state.instances)) {
    if (instance.phase === 'ended' || isLeftOut(instance)) continue
    await addInstance(desired, looking, instance)
  }
  for (const wish of wishes)
    if (wish.wish === 'scrape') await tryTo(desired, wish.name, () => ofWish(looking, wish))
  return desired
}

function isOf(wish: Wish, id: string): boolean {
  return wish.wish === 'leave-out' && wish.instance === id
}

async function addInstance(desired: Desired, looking: Looking, instance: Instance): Promise<void> {
  const { name, runDir } = instance
  const files = await listNames(runDir)
  const records = files.filter((file) => /^exporter\..+\.json$/.test(file)).sort()
  if (records.length === 0 || (await distrustOf(runDir))) return
  for (const file of records) {
    const read = v.safeParse(RecordSchema, await readTrustedJson(join(runDir, file)))
    // It is being written or has just gone.
    if (!read.success) continue
    const record = read.output
    if (record.host.startsWith('127.') && record.node !== looking.node)
      desired.trouble.push(
        `${name} can't be scraped: it listens on the loopback of ${record.node}, and the monitors run on ${looking.node}`,
      )
    else await tryTo(desired, name, () => ofInstance(looking, instance, record))
  }
}

async function ofInstance(
  { etc }: Looking,
  instance: Instance,
  record: Record,
): Promise<ScrapeTarget> {
  const { name, runDir } = instance
  const id = fileName(`service.${name}.${record.node}`)
  const url = `http://${record.host}:${record.port}`
  const endpoints: Endpoint[] = [{ url, path: '/metrics', job: 'node' }]
  for (const member of await membersOf(instance, record))
    endpoints.push({ url, path: member.path, job: member.name })
  const token = await readTokenFile(join(runDir, EXPORTER_TOKEN))
  return {
    ...{ name: id, labels: labelsOf(instance, record.node), endpoints, sampleLimit: SAMPLE_LIMIT },
    credentials: { kind: 'bearer', file: await keepSecret(etc, id, token) },
  }
}

/**
 * Those that listen; on a single node also those that will. They are asked from the start, so that the first figures are there within one
 * scrape of their being up: Prometheus takes some seconds to notice a target that is added.
 */
async function membersOf({ nodes, runDir }: Instance, { members }: Record) {
  if (nodes > 1) return members
  const plan = v.safeParse(PlanSchema, await readTrustedJson(join(runDir, EXPORTER_PLAN)))
  if (!plan.success) return members
  return Object.keys(plan.output.members)
    .sort()
    .map((name) => ({ name, path: `/member/${name}/metrics` }))
}

async function ofWish({ runDir, etc }: Looking, wish: ScrapeWish): Promise<ScrapeTarget> {
  const { name, url, path, labels, credentials, sampleLimit } = wish
  const id = fileName(`attached.${name}`)
  const target = {
    ...{ name: id, sampleLimit, labels: { name, ...labels } },
    endpoints: [{ url, path, job: name }],
  }
  if (!credentials) return { ...target, credentials: null }
  const secret = await readTokenFile(join(wishesFolder(runDir), credentials.file))
  if (credentials.kind === 'bearer') {
    const file = await keepSecret(etc, id, secret)
    return { ...target, credentials: { kind: 'bearer', file } }
  }
  const colon = secret.indexOf(':')
  const file = await keepSecret(etc, id, secret.slice(colon + 1))
  return { ...target, credentials: { kind: 'basic', user: secret.slice(0, colon), file } }
}

async function tryTo(
  { targets, trouble }: Desired,
  name: string,
  make: () => Promise<ScrapeTarget>,
): Promise<void> {
  try {
    targets.push(await make())
  } catch (error) {
    trouble.push(`${name} can't be scraped: ${(error as Error).message}`)
  }
}

/**
 * A copy of the secret where Prometheus runs, which reads it at every scrape: never over the network, and also from within an image that sees
 * nothing else. One that was changed is used by the next scrape.
 */
async function keepSecret(etc: string, id: string, secret: string): Promise<string> {
  const folder = join(etc, 'keys')
  const path = join(folder, `${id}.password`)
  if ((await readTextIfThere(path)) === secret) return path
  await makePrivateDir(folder)
  await writeAtomically(path, secret)
  return path
}

function fileName(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '_')
}
