import { join } from 'node:path'
import type { Serving } from '../../jobs/contract.js'
import { GATE_TOKEN, makeSecret, writeGateCommand } from '../../jobs/token-files.js'
import { aibench } from '../../platform/command-line.js'
import { writeAtomically } from '../../platform/files.js'
import { PROGRAM } from './program.js'
import { words } from './words.js'

export const toydb: Serving = {
  ...words,
  shape: 'serving',
  script: 'toydb.sh',
  options: {},
  firstStart: [aibench('toydb', 'start', '--wait')],
  resources: () => ({ nodes: 1 }),
  async prepare({ environment }, _, { runDir }) {
    await makeSecret(runDir, GATE_TOKEN)
    await writeGateCommand(environment.installDir, runDir)
    const command = [process.execPath, '-e', PROGRAM]
    await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
    return { environment: {}, description: 'a toy', provenance: { version: '1.0' } }
  },
  explain: () => undefined,
  members: () => [
    {
      name: 'toydb',
      title: 'The toy database',
      critical: true,
      callPath: '/limits',
      async probe(http, { url }) {
        const { body } = await http.call('GET', `${url}/limits`, { timeoutMs: 5_000 })
        return { ready: body.startsWith('rows='), detail: body }
      },
    },
  ],
  whenReady: ['bench'],
  bench: {
    kind: 'vectors',
    protocol: 'toydb',
    tokenFlag: '--token-file',
    callPath: '/limits',
    hello: ['/limits'],
  },
}
