import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Environment } from '../../platform/environment.js'
import { makePrivateDir, readJsonIfThere, writeJson } from '../../platform/files.js'
import type { Look } from './program-look.js'

/** What a program said of itself, by what it is: its hash, or of an image its size and time. Without it the program is asked again. */

const LookSchema = v.object({
  path: v.string(),
  version: v.nullable(v.string()),
  list: v.string(),
  apis: v.nullable(v.array(v.string())),
})

export async function keptLook(environment: Environment, key: string): Promise<Look | undefined> {
  const file = await readJsonIfThere(fileFor(environment, key)).catch(() => undefined)
  const look = v.safeParse(LookSchema, file)
  return look.success ? look.output : undefined
}

/** A cache that can't be written is none. */
export async function keepLook(environment: Environment, key: string, look: Look): Promise<void> {
  const path = fileFor(environment, key)
  await makePrivateDir(dirname(path))
    .then(() => writeJson(path, look))
    .catch(() => undefined)
}

function fileFor({ cacheDir }: Environment, key: string): string {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32)
  return join(cacheDir, 'io500', `${name}.json`)
}
