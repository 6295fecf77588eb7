// Writes oclif.manifest.json from the built commands: what help, completion and oclif itself read instead of loading them.
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}oclif.manifest.json`, { force: true })
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true })
await plugin.load()
const { version, commands } = plugin.manifest
const sorted = Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1))
const text = JSON.stringify({ commands: Object.fromEntries(sorted), version }, null, 2)
writeFileSync(`${root}oclif.manifest.json`, text + '\n')
