import type { IncomingMessage, ServerResponse } from 'node:http'
import { GATE_USE_PATH, type GateUse } from '../platform/gate-use.js'

export function isAboutItself({ method, url }: IncomingMessage): boolean {
  return method === 'GET' && url === GATE_USE_PATH
}

export function tellUse(answer: ServerResponse): void {
  const { user, system } = process.cpuUsage()
  const use: GateUse = { cpuSeconds: (user + system) / 1e6, upSeconds: performance.now() / 1000 }
  const body = Buffer.from(JSON.stringify(use))
  answer.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    via: '1.1 aibench-gate',
  })
  answer.end(body)
}
