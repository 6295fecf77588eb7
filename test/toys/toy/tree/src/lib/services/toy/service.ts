import type { Serving } from '../../jobs/contract.js'
import { writeAtomically } from '../../platform/files.js'
import { aibench } from '../../platform/command-line.js'
import { join } from 'node:path'
import { words } from './words.js'

/** It answers `hello` on the loopback of its node, and says with which Slurm job it runs. */
const PROGRAM =
  'require("http").createServer((_,r)=>r.end("hello")).listen(process.argv[1],"127.0.0.1",()=>console.log("hello is said"))'

export const toy: Serving = {
  ...words,
  shape: 'serving',
  script: 'toy-server.sh',
  options: {},
  firstStart: [aibench('toy', 'start', '--wait')],
  resources: () => ({ nodes: 1 }),
  async prepare(_, __, { runDir }) {
    const command = [process.execPath, '-e', PROGRAM]
    await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
    return { environment: {}, description: 'a toy', provenance: { version: '1.0' } }
  },
  explain: () => undefined,
  members: () => [
    {
      name: 'toy',
      title: 'The toy server',
      critical: true,
      callPath: '/',
      async probe(http, { url }) {
        const { body } = await http.call('GET', url, { timeoutMs: 5_000 })
        return body === 'hello'
          ? { ready: true, detail: 'said hello' }
          : { ready: false, detail: `said ${body}` }
      },
    },
  ],
}
