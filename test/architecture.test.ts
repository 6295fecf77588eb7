import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom, types too. A `face/` is what a person sees of a room: only commands, the catalog and faces import one. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  commands: ['app', 'face', 'benchmarks', 'services', 'jobs', 'cli', 'report', 'platform'],
  app: [
    ...['face', 'benchmarks', 'services', 'cli', 'jobs', 'report', 'scheduler', 'state'],
    ...['instrument', 'monitoring', 'charts', 'simulator', 'gate', 'exporter', 'options'],
    'platform',
  ],
  face: [
    ...['benchmarks', 'services', 'cli', 'jobs', 'report', 'scheduler', 'state', 'instrument'],
    ...['monitoring', 'charts', 'simulator', 'options', 'platform'],
  ],
  benchmarks: ['jobs', 'scheduler', 'state', 'instrument', 'monitoring', 'options', 'platform'],
  services: [
    ...['jobs', 'scheduler', 'state', 'instrument', 'monitoring', 'simulator', 'options'],
    'platform',
  ],
  cli: ['jobs', 'report', 'options', 'platform'],
  jobs: ['scheduler', 'state', 'monitoring', 'options', 'platform'],
  monitoring: ['charts', 'options', 'platform'],
  charts: ['platform'],
  simulator: ['instrument', 'platform'],
  scheduler: ['platform'],
  state: ['platform'],
  instrument: ['options', 'platform'],
  report: ['platform'],
  gate: ['platform'],
  exporter: ['platform'],
  options: ['platform'],
  platform: [],
}
/** Parts of the instrument: kinds of benchmark stand on one HTTP client and one load layer, which know neither them nor each other's. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  http: [],
  measure: ['http'],
  process: ['http'],
  load: ['http', 'measure', 'process'],
  inference: ['load', 'http', 'measure', 'process'],
  vectors: ['load', 'http', 'measure', 'process'],
  filesystem: ['measure'],
}
/** Rooms and parts of rooms that know no service and no kind of benchmark by name. */
const KITS =
  /^lib\/(cli|report|jobs|scheduler|state|platform|options|instrument\/(load|http|measure|process))\//
const NAMES = /chroma|vllm|weaviate|grafana|prometheus|io500|aibench (lustre|monitors)/i
/** Only here the outside is touched. */
const OUTSIDE = /^node:(fs|child_process|net|http|os|dns)/
const MAY_TOUCH_OUTSIDE = [
  ...['platform', 'instrument', 'gate', 'exporter', 'simulator', 'state', 'cli'],
]
const GLOBALS = /\bprocess\.env\b|\bDate\.now\(|\bMath\.random\(/

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => {
    const text = readFileSync(join(ROOT, 'src', name), 'utf8')
    return { name, text, imports: importsOf(text), targets: targetsOf(name, text) }
  })

function roomOf(name: string): string {
  if (name.startsWith('commands/')) return 'commands'
  return name.includes('/face/') ? 'face' : name.split('/')[1]
}

/** A service and a kind of benchmark are slices: none knows another. */
function sliceOf(name: string): string | undefined {
  return /^lib\/((?:services|benchmarks)\/[\w-]+)\/(?!face\/)?/.exec(name)?.[1]
}

function importsOf(text: string): string[] {
  return [
    ...[...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'/gm)],
    ...[...text.matchAll(/import\('([^']+)'\)/g)],
  ].map(([, from]) => from)
}

function targetsOf(name: string, text: string): string[] {
  return importsOf(text)
    .filter((from) => from.startsWith('.') && !from.endsWith('.json'))
    .map((from) => relative('.', normalize(join(dirname(name), from))).replace(/\.js$/, '.ts'))
}

function isAgainstTheArrows(from: string, to: string): boolean {
  const [room, other] = [roomOf(from), roomOf(to)]
  const [slice, otherSlice] = [sliceOf(from), sliceOf(to)]
  const isOwn = room === other || (room === 'face' && other === 'face')
  if (!isOwn && !ARROWS[room]?.includes(other)) return true
  const isForeign =
    otherSlice !== undefined && otherSlice !== slice && otherSlice !== 'benchmarks/face'
  return isForeign && !['commands', 'app'].includes(room) && !to.startsWith('lib/benchmarks/face/')
}

/** Groups of files that import each other in a ring (Tarjan's strongly connected components). */
function circles(): string[][] {
  const edges = new Map(files.map(({ name, targets }) => [name, targets]))
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (name: string): void => {
    index.set(name, index.size)
    low.set(name, index.get(name)!)
    stack.push(name)
    for (const next of edges.get(name) ?? []) {
      if (!index.has(next)) visit(next)
      if (stack.includes(next)) low.set(name, Math.min(low.get(name)!, low.get(next)!))
    }
    if (low.get(name) !== index.get(name)) return
    const ring = stack.splice(stack.indexOf(name))
    if (ring.length > 1) found.push(ring.sort())
  }
  for (const { name } of files) if (!index.has(name)) visit(name)
  return found
}

describe('the architecture', () => {
  it('imports only along the arrows', () => {
    const against = files.flatMap(({ name, targets }) =>
      targets.filter((to) => isAgainstTheArrows(name, to)).map((to) => `${name} → ${to}`),
    )
    expect(against).to.deep.equal([])
  })

  it('lets a request go one way through the instrument', () => {
    const partOf = (name: string) => /^lib\/instrument\/([\w-]+)\//.exec(name)?.[1]
    const back = files.flatMap(({ name, targets }) => {
      const part = partOf(name)
      if (part === undefined) return []
      const others = targets.filter((to) => ![part, undefined].includes(partOf(to)))
      return others
        .filter((to) => !PARTS[part]?.includes(partOf(to)!))
        .map((to) => `${name} → ${to}`)
    })
    expect(back).to.deep.equal([])
  })

  it('keeps the commands of a topic to its own service', () => {
    const foreign = files.flatMap(({ name, targets }) => {
      const [, topic] = /^commands\/(?:(\w+)\/)?/.exec(name) ?? []
      return targets
        .filter((to) => name.startsWith('commands/') && to.startsWith('lib/services/'))
        .filter((to) => !to.startsWith(`lib/services/${topic}/`))
        .map((to) => `${name} → ${to}`)
    })
    expect(foreign).to.deep.equal([])
  })

  it('has no circles', () => {
    expect(circles().map((ring) => ring.join(' '))).to.deep.equal([])
  })

  it('keeps the names of services and benchmarks out of the kits', () => {
    const named = files.filter(({ name, text }) => KITS.test(name) && NAMES.test(text))
    expect(named.map(({ name }) => name)).to.deep.equal([])
  })

  it('lets only some rooms touch the outside', () => {
    for (const { name, text, imports } of files) {
      if (MAY_TOUCH_OUTSIDE.includes(roomOf(name))) continue
      for (const from of imports)
        expect(OUTSIDE.test(from), `${name} imports ${from}`).to.equal(false)
      expect(GLOBALS.test(text), `${name} reads the clock, the environment or chance`).to.equal(
        false,
      )
    }
  })

  it('keeps commands and files short', () => {
    for (const { name, text } of files) {
      const lines = text.split('\n').length
      expect(lines, name).to.be.at.most(roomOf(name) === 'commands' ? 80 : 400)
    }
  })
})
