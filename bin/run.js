#!/usr/bin/env node
import { fileURLToPath } from 'node:url'

// Starts aibench: says so when Node is too old, answers the shell's TAB without loading anything else, then runs the command.
const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  process.stderr.write(`aibench needs Node 20 or newer; this is ${process.version}\n`)
  process.exit(3)
}
// A NODE_ENV of the user's own work must not change how aibench runs.
delete process.env.NODE_ENV

const argv = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))
if (argv[0] === '__complete') {
  const { complete } = await import('../dist/complete.js')
  complete(argv.slice(1), root)
} else if (argv.length === 1 && ['--version', '-v', 'version'].includes(argv[0])) {
  const { readFileSync } = await import('node:fs')
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  process.stdout.write(`aibench ${version} node ${process.version}\n`)
} else {
  try {
    const { main } = await import('../dist/main.js')
    await main(argv, root)
  } catch (error) {
    // Before any of our own words are there: a broken installation.
    process.stderr.write(`aibench could not start: ${error.message.split('\n')[0]}\n`)
    process.exitCode = 1
  }
}
