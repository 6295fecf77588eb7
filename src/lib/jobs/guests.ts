import { join } from 'node:path'
import * as v from 'valibot'
import { createFolderWith, exists, makePrivateDir, writeAtomically } from '../platform/files.js'
import { readTrustedJson } from '../platform/ownership.js'
import { sealFolder } from '../platform/seal.js'
import type { Instance } from '../state/schema.js'

/**
 * Work that runs in another's allocation: what lies in the holder's `guests/` of one, and how it gets there. The other side is the script
 * of the holder, slurm/lib/guests.sh. What is there is believed under the token of the guest alone.
 */

/** Whose it is from now on: of the script that runs it, or of a command that stops it before it has begun. There is one for ever. */
const ClaimSchema = v.object({
  token: v.string(),
  /** The life of the holder's job that it is run in. */
  restarts: v.number(),
  at: v.string(),
  /** It will never run. */
  stopped: v.boolean(),
})
export type Claim = v.InferOutput<typeof ClaimSchema>

/** How the guest's script ended, while its holder lives on; whether it wrote a receipt or could not. */
const ScriptEndSchema = v.object({
  token: v.string(),
  at: v.string(),
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
})
export type ScriptEnd = v.InferOutput<typeof ScriptEndSchema>

export interface GuestFiles {
  isHandedOver: boolean
  claim?: Claim
  ended?: ScriptEnd
}

type Folder = Pick<Instance, 'runDir'>
type Timed = Pick<Instance, 'runDir' | 'timeLimitMs'>
type Guest = Pick<Instance, 'id' | 'intendedAt' | 'token' | 'runDir'>

/** In the order of their submission; the same whoever asks, so that nothing is handed over twice. */
function pathOf({ runDir }: Folder, { id, intendedAt }: Guest): string {
  return join(runDir, 'guests', `${intendedAt.replaceAll(/[^\d]/g, '')}-${id}`)
}

export async function readGuestFiles(holder: Folder, guest: Guest): Promise<GuestFiles> {
  const path = pathOf(holder, guest)
  const own = <T extends v.GenericSchema<unknown, { token: string }>>(
    schema: T,
    found: unknown,
  ) => {
    const parsed = v.safeParse(schema, found)
    return parsed.success && parsed.output.token === guest.token ? parsed.output : undefined
  }
  const [isHandedOver, claim, ended] = await Promise.all([
    exists(`${path}.guest`),
    readTrustedJson(join(`${path}.begun`, 'begun.json')),
    readTrustedJson(`${path}.ended.json`),
  ])
  return { isHandedOver, claim: own(ClaimSchema, claim), ended: own(ScriptEndSchema, ended) }
}

/** From now on the holder runs it, when its turn comes. Its files are sealed as those of a job. To do it twice is to do it once. */
export async function handOver(holder: Timed, guest: Guest & Timed): Promise<void> {
  const seal = await sealFolder(guest.runDir)
  await makePrivateDir(join(holder.runDir, 'guests'))
  // Without a limit of its own it has what the holder has.
  const limitS = guest.timeLimitMs < holder.timeLimitMs ? Math.ceil(guest.timeLimitMs / 1000) : 0
  const lines = [guest.token, seal, limitS, guest.runDir]
  await writeAtomically(`${pathOf(holder, guest)}.guest`, lines.map((one) => `${one}\n`).join(''))
}

/**
 * Makes sure that a guest that has not begun never will.
 * @returns false when it has begun
 */
export async function claimToStop(holder: Folder, guest: Guest, now: Date): Promise<boolean> {
  await makePrivateDir(join(holder.runDir, 'guests'))
  const claim: Claim = { token: guest.token, restarts: 0, at: now.toISOString(), stopped: true }
  const path = `${pathOf(holder, guest)}.begun`
  if (await createFolderWith(path, 'begun.json', JSON.stringify(claim))) return true
  return (await readGuestFiles(holder, guest)).claim?.stopped === true
}

/** The holder's script reads it within a second. */
export async function tellGuest({ runDir }: Folder, how: 'TERM' | 'KILL'): Promise<void> {
  await writeAtomically(join(runDir, 'stop'), `${how}\n`)
}

/** Changes when anything in them has. */
export function turnOf({ isHandedOver, claim, ended }: GuestFiles): string {
  return [isHandedOver, claim?.at, ended?.at].join(' ')
}
