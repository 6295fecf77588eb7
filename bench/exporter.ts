/**
 * What the exporter beside a service costs: its own CPU time and memory while it is asked for the figures of this node, and for those of a
 * server with as many series as vLLM has, once a second.
 *
 *   node scripts/build.mjs && npx tsx bench/exporter.ts [seconds] [nvidia-smi]
 *
 * The second word is a folder to look for nvidia-smi in; the tool's own CPU time is no part of the figure.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeTokenFile } from '../src/lib/platform/token-file.js'

const EXPORTER = fileURLToPath(new URL('../dist/exporter.js', import.meta.url))
const [, , seconds = '20', tools = ''] = process.argv
const SERIES = 2_000

const page = Array.from({ length: SERIES }, (_, i) => `vllm:figure_bucket{le="${i}"} ${i}\n`)
const server = createServer((_, answer) => answer.end(page.join(''))).listen(0, '127.0.0.1')
await once(server, 'listening')
const dir = await mkdtemp(join(tmpdir(), 'aibench-exporter-'))
const token = await makeTokenFile(join(dir, 'exporter.token'))
const { port } = server.address() as AddressInfo
await writeFile(
  join(dir, 'exporter.json'),
  JSON.stringify({ listen: 'loopback', members: { toy: { path: '/', secret: null } } }),
)
await writeFile(
  join(dir, 'endpoint.toy.json'),
  JSON.stringify({ host: '127.0.0.1', port, node: 'n1' }),
)
const child = spawn(process.execPath, [EXPORTER, dir, 'n1', '127.0.0.1'], {
  stdio: 'ignore',
  env: { ...process.env, PATH: [tools, process.env.PATH].filter(Boolean).join(':') },
})
try {
  let record: { port: number } | undefined
  while (!record) {
    await sleep(50)
    record = await readFile(join(dir, 'exporter.n1.json'), 'utf8').then(
      (text) => JSON.parse(text) as { port: number },
      () => undefined,
    )
  }
  const { port: own } = record
  const ask = async (path: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`http://127.0.0.1:${own}${path}`, { headers })).text()
  }
  const figure = (text: string, name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1])
  await ask('/member/toy/metrics')
  const before = figure(await ask('/metrics'), 'process_cpu_seconds_total')
  let text = ''
  for (let i = 0; i < Number(seconds); i++) {
    await sleep(1_000)
    text = await ask('/metrics')
    await ask('/member/toy/metrics')
  }
  const used = figure(text, 'process_cpu_seconds_total') - before
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  console.log(
    `${((used / Number(seconds)) * 100).toFixed(2)} % of a core, ${Math.round(figure(text, 'process_resident_memory_bytes') / 1024 / 1024)} MiB: ${series} series of the node and ${SERIES} of a server, once a second for ${seconds} s`,
  )
} finally {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  server.close()
  server.closeAllConnections()
  await rm(dir, { recursive: true })
}
