import { AskRefused, errorBody, promptOf, readAsk, readBody, type Endpoint } from './ask.js'
import type { Exchange } from './connection.js'
import type { Engine } from './engine.js'
import type { NullMode } from './null-mode.js'
import type { SimulatorOptions } from './options.js'

export interface Site {
  options: SimulatorOptions
  engine: Engine
  nullMode: NullMode | null
  apiKey: string | null
  isLoaded(): boolean
}

type Route = (site: Site, exchange: Exchange) => void

const generate =
  (endpoint: Endpoint): Route =>
  ({ engine, options, nullMode }, exchange) => {
    if (nullMode?.answer(exchange, endpoint)) return
    const { body, headers } = exchange.request
    engine.generate(exchange, readAsk(endpoint, body, headers.get('x-request-id'), options))
  }

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /v1/chat/completions': generate('chat'),
  'POST /v1/completions': generate('completions'),
  'POST /tokenize': ({ options: { maxModelLen } }, exchange) => {
    const body = readBody(exchange.request.body)
    const prompt = promptOf(body.messages === undefined ? 'completions' : 'chat', body)
    const tokens = prompt.map((token) => (typeof token === 'number' ? token : idOf(token)))
    const count = tokens.length
    exchange.json(200, { count, max_model_len: maxModelLen, tokens, token_strs: null })
  },
  'GET /v1/models': ({ options: { model, maxModelLen } }, exchange) =>
    exchange.json(200, {
      object: 'list',
      data: [
        {
          id: model,
          object: 'model',
          created: Math.floor(Date.now() / 1000),
          owned_by: 'aibench-simulator',
          root: model,
          parent: null,
          max_model_len: maxModelLen,
          permission: [],
        },
      ],
    }),
  'GET /version': ({ options: { version } }, exchange) =>
    exchange.json(200, { version, server: 'aibench-simulator' }),
  'GET /metrics': ({ engine }, exchange) =>
    exchange.send(200, 'text/plain; version=0.0.4; charset=utf-8', engine.metricsText()),
  'GET /health': (_, exchange) => exchange.send(200, 'text/plain', ''),
  'GET /ping': (_, exchange) => exchange.send(200, 'text/plain', ''),
}
const PATHS = new Set(Object.keys(ROUTES).map((route) => route.split(' ')[1]))

/** As vLLM's: `/v1` is guarded when there is a key, all else is open. */
export function route(site: Site, exchange: Exchange): void {
  const { method, path, headers } = exchange.request
  if (!site.isLoaded()) return exchange.send(503, 'text/plain', '')
  if (path.startsWith('/v1/') && site.apiKey !== null)
    if (headers.get('authorization') !== `Bearer ${site.apiKey}`)
      return exchange.json(401, { error: 'Unauthorized' })
  const found = ROUTES[`${method} ${path}`]
  if (!found)
    return PATHS.has(path)
      ? exchange.json(405, { detail: 'Method Not Allowed' })
      : exchange.json(404, { detail: 'Not Found' })
  try {
    found(site, exchange)
  } catch (error) {
    const { message } = error as Error
    if (error instanceof AskRefused)
      exchange.json(error.status, errorBody(error.status, error.type, message, error.param))
    // What no schema was checked for, as in vLLM.
    else if (!exchange.isOver) exchange.json(500, errorBody(500, 'InternalServerError', message))
  }
}

/** Of a made-up vocabulary; the same word has the same id. */
function idOf(word: string): number {
  let hash = 0
  for (let i = 0; i < word.length; i++) hash = (Math.imul(hash, 31) + word.charCodeAt(i)) | 0
  return 1000 + (Math.abs(hash) % 30_000)
}
