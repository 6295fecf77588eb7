// Not Grafana: a program that takes the same words and the same files, and does of it what our configuration is about: who may come in,
// which dashboards and which data source there are, and queries handed on to it. Nothing is drawn. ../grafana.ts starts it.
import { createPublicKey, verify } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

if (process.argv.includes('--version')) {
  console.log('grafana version 13.2.0')
  process.exit(0)
}
const words = process.argv.slice(2)
const wordOf = (start) => words.find((word) => word.startsWith(start)).slice(start.length)
console.log(words.join(' '))

// As Grafana reads them: a value may be that of a file, in the ini and in what is provisioned.
const expanded = (text) =>
  text.replace(/\$__file\{(.*?)\}/g, (_whole, path) => readFileSync(path, 'utf8').trim())
const ini = {}
let section = ''
for (const line of readFileSync(wordOf('--config='), 'utf8').split('\n')) {
  const [, heading] = /^\[(.*)\]$/.exec(line) ?? []
  const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? []
  if (heading) section = heading
  if (key) ini[`${section}.${key}`] = expanded(value)
}
const provisioning = wordOf('cfg:paths.provisioning=')
const provisioned = (kind) => {
  const folder = join(provisioning, kind)
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
}
const [source] = provisioned('datasources')[0].datasources
const dashboards = provisioned('dashboards')[0].providers.flatMap(({ options }) =>
  readdirSync(options.path).map((name) => JSON.parse(readFileSync(join(options.path, name)))),
)

const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const right = basic(ini['security.admin_user'], ini['security.admin_password'])
const key = createPublicKey(readFileSync(ini['auth.jwt.key_file']))
const sessions = new Set()

function isSigned(token) {
  try {
    const [head, body, signature] = token.split('.')
    const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString())
    const claims = read(body)
    const wanted = JSON.parse(ini['auth.jwt.expect_claims'])
    const now = Date.now() / 1000
    return (
      read(head).alg === 'RS256' &&
      verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')) &&
      Object.entries(wanted).every(([name, value]) => claims[name] === value) &&
      claims.nbf <= now &&
      now < claims.exp &&
      ['Viewer', 'Editor', 'Admin'].includes(claims[ini['auth.jwt.role_attribute_path']])
    )
  } catch {
    return false
  }
}

const OPEN = { '/api/health': { database: 'ok', version: '13.2.0' }, '/login': {} }

async function answer(request, url) {
  const { method, headers } = request
  if (method === 'POST' && url.pathname === '/login') {
    const { user, password } = await bodyOf(request)
    return basic(user, password) === right ? entering({ message: 'Logged in' }) : [401, {}]
  }
  if (url.pathname in OPEN) return [200, OPEN[url.pathname]]
  const token = headers['x-jwt-assertion'] ?? url.searchParams.get('auth_token')
  if (token !== undefined && token !== null) {
    if (!isSigned(token)) return [401, { message: 'Invalid JWT' }]
    return url.searchParams.has('auth_token') ? entering({}) : [200, { login: 'aibench-link' }]
  }
  const [, cookie] = /grafana_session=(\w+)/.exec(headers.cookie ?? '') ?? []
  if (headers.authorization !== right && !sessions.has(cookie))
    return url.pathname.startsWith('/api/') ? [401, {}] : [302, {}, { location: '/login' }]
  const [, uid] = /^\/api\/dashboards\/uid\/(.*)$/.exec(url.pathname) ?? []
  if (uid)
    return [
      200,
      { dashboard: dashboards.find((one) => one.uid === uid), meta: { provisioned: true } },
    ]
  switch (url.pathname) {
    case '/api/user':
      return [200, { login: ini['security.admin_user'] }]
    case '/api/search':
      return [200, dashboards.map((one) => ({ uid: one.uid, title: one.title, type: 'dash-db' }))]
    case '/api/datasources':
      return [200, [{ id: 1, ...source, secureJsonData: undefined, readOnly: !source.editable }]]
    case '/api/dashboards/home':
      return [
        200,
        { dashboard: JSON.parse(readFileSync(ini['dashboards.default_home_dashboard_path'])) },
      ]
    case '/api/ds/query':
      return query(await bodyOf(request))
    default:
      return [404, {}]
  }
}

function entering(body) {
  const session = String(sessions.size + 1)
  sessions.add(session)
  return [200, body, { 'set-cookie': `grafana_session=${session}; HttpOnly` }]
}

async function query({ from, to, queries: [{ refId, expr, intervalMs }] }) {
  const password = expanded(source.secureJsonData.basicAuthPassword)
  const asked = await fetch(`${source.url}/api/v1/query_range`, {
    method: source.jsonData.httpMethod,
    headers: { authorization: basic(source.basicAuthUser, password) },
    body: new URLSearchParams({
      ...{ query: expr, start: String(from / 1000), end: String(to / 1000) },
      step: String(intervalMs / 1000),
    }),
  })
  const { error, data } = await asked.json()
  if (error) return [400, { results: { [refId]: { error } } }]
  const frames = data.result.map(({ values }) => ({
    data: { values: [values.map(([at]) => at * 1000), values.map(([, value]) => Number(value))] },
  }))
  return [200, { results: { [refId]: { status: 200, frames } } }]
}

async function bodyOf(request) {
  let text = ''
  for await (const part of request) text += part
  return JSON.parse(text)
}

createServer((request, response) => {
  answer(request, new URL(request.url, 'http://localhost')).then(
    ([status, body, headers = {}]) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body)),
    (error) => response.writeHead(500).end(String(error)),
  )
}).listen(Number(ini['server.http_port']), ini['server.http_addr'])
