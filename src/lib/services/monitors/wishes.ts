import { join } from 'node:path'
import * as v from 'valibot'
import {
  exists,
  listNames,
  makePrivateDir,
  removeTree,
  writeAtomically,
  writeJson,
} from '../../platform/files.js'
import { readTrustedJson } from '../../platform/ownership.js'

/**
 * What a person wants to be scraped, or not to be: a file each in the run directory of the monitors, for the agent in their job. It is the
 * only one who changes what Prometheus reads.
 */

const ScrapeSchema = v.object({
  wish: v.literal('scrape'),
  /** Unique among wishes. */
  name: v.string(),
  url: v.string(),
  path: v.string(),
  labels: v.record(v.string(), v.string()),
  credentials: v.nullable(
    v.object({
      kind: v.picklist(['bearer', 'basic']),
      /** Beside the wish, 0600. */
      file: v.string(),
    }),
  ),
  sampleLimit: v.number(),
})
export type ScrapeWish = v.InferOutput<typeof ScrapeSchema>

const LeaveOutSchema = v.object({
  wish: v.literal('leave-out'),
  /** As its instance is called. */
  name: v.string(),
  /** By its id: another of that name is not meant. */
  instance: v.string(),
})
export type LeaveOutWish = v.InferOutput<typeof LeaveOutSchema>

const WishSchema = v.variant('wish', [ScrapeSchema, LeaveOutSchema])
export type Wish = v.InferOutput<typeof WishSchema>

export function wishesFolder(runDir: string): string {
  return join(runDir, 'attached')
}

/** @param secret what it asks for: a token, or `USER:PASSWORD` */
export async function makeWish(runDir: string, wish: Wish, secret?: string): Promise<void> {
  const folder = wishesFolder(runDir)
  await makePrivateDir(folder)
  if (wish.wish === 'scrape' && wish.credentials && secret !== undefined)
    await writeAtomically(join(folder, wish.credentials.file), `${secret}\n`)
  await writeJson(join(folder, `${wish.name}.json`), wish)
}

/** @returns false when there was none */
export async function dropWish(runDir: string, name: string): Promise<boolean> {
  const path = join(wishesFolder(runDir), name)
  if (!(await exists(`${path}.json`))) return false
  await removeTree(`${path}.json`)
  await removeTree(`${path}.token`)
  return true
}

/** Those that can be read, by name. */
export async function readWishes(runDir: string): Promise<Wish[]> {
  const folder = wishesFolder(runDir)
  const names = await listNames(folder)
  const wishes: Wish[] = []
  for (const name of names.filter((some) => some.endsWith('.json')).sort()) {
    const read = v.safeParse(WishSchema, await readTrustedJson(join(folder, name)))
    if (read.success) wishes.push(read.output)
  }
  return wishes
}
