import { join } from 'node:path'
import type { Member, Serving } from '../../jobs/contract.js'
import { authorizationOf } from '../../jobs/token-files.js'
import { aibench } from '../../platform/command-line.js'
import { writeAtomically } from '../../platform/files.js'
import { words } from './words.js'

/** Says its name to who knows the secret in NAME.token, where there is one; ends at its TERM. Arguments: NAME PORT. */
const PROGRAM = [
  'const [name,port]=process.argv.slice(1),fs=require("fs")',
  'const secret=fs.existsSync(name+".token")&&"Basic "+Buffer.from(fs.readFileSync(name+".token","utf8").trim()).toString("base64")',
  'require("http").createServer((q,r)=>r.writeHead(secret&&q.headers.authorization!==secret?401:200).end(name)).listen(port,"127.0.0.1",()=>console.log(name+" is there"))',
].join(';')

export const toystack: Serving = {
  ...words,
  shape: 'serving',
  script: 'toy-stack.sh',
  options: {},
  firstStart: [aibench('toystack', 'start', '--wait')],
  resources: () => ({ nodes: 1 }),
  async prepare(_, __, { runDir }) {
    const command = [process.execPath, '-e', PROGRAM]
    await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
    return { environment: {}, description: 'a toy', provenance: {} }
  },
  explain: () => undefined,
  members: () => [
    memberOf('page', { secret: { kind: 'basic', file: 'page.token' } }),
    memberOf('store', {}),
    memberOf('collector', { critical: false }),
  ],
}

function memberOf(name: string, more: Partial<Member>): Member {
  return {
    name,
    title: `The ${name}`,
    critical: true,
    callPath: '/',
    async probe(http, { url, tokenFile }) {
      const headers: Record<string, string> = tokenFile
        ? { authorization: await authorizationOf(tokenFile, 'basic') }
        : {}
      const { status, body } = await http.call('GET', url, { headers, timeoutMs: 5_000 })
      return body === name
        ? { ready: true, detail: `${name} answers` }
        : { ready: false, detail: `says ${status}` }
    },
    ...more,
  }
}
