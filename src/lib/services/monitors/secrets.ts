import { filesOfTree } from '../../platform/copy-tree.js'
import { readTextIfThere } from '../../platform/files.js'

/** What may stand in nothing that is kept: the tokens of a run directory, and the passwords in them. */
export async function secretsIn(runDir: string): Promise<string[]> {
  const secrets = new Set<string>()
  for (const { path, name } of await filesOfTree(runDir, ['archive*', 'lib', 'data'])) {
    if (name.includes('/') || !name.endsWith('.token')) continue
    const text = (await readTextIfThere(path))?.trim() ?? ''
    const password = text.slice(text.indexOf(':') + 1)
    for (const secret of [text, password, Buffer.from(text).toString('base64')])
      if (secret !== '') secrets.add(secret)
  }
  return [...secrets]
}
