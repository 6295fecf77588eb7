// Writes oclif.manifest.json from the commands and the catalog: what help and completion read instead of loading them.
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'
import { manifestParts } from '../src/lib/app/manifest-parts.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}oclif.manifest.json`, { force: true })
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true })
await plugin.load()
const { version, commands } = plugin.manifest
// What completes a value is ours: oclif drops it from flags and arguments, which it keeps otherwise.
for (const [id, command] of Object.entries(commands)) {
  const { flags, args } = await plugin.findCommand(id, { must: true })
  for (const [all, given] of [
    [command.flags, flags],
    [command.args, args],
  ])
    for (const [name, kept] of Object.entries(all)) kept.completes = given?.[name]?.completes
}
const sorted = Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1))
const manifest = { commands: Object.fromEntries(sorted), version, ...(await manifestParts()) }
writeFileSync(`${root}oclif.manifest.json`, JSON.stringify(manifest, null, 2) + '\n')
