import * as v from 'valibot'

const text = v.nullable(v.string())
const number = v.nullable(v.number())

/**
 * What a node tells of itself, for the system information of a submission. The programs print what they print; whatever is not there, or
 * not understood, is left to a person.
 */
export const NodeFactsSchema = v.object({
  processor: v.object({
    model: text,
    vendor: text,
    architecture: text,
    sockets: number,
    coresPerSocket: number,
    threadsPerCore: number,
    maxMhz: number,
    l3: text,
  }),
  memoryBytes: number,
  kernel: text,
  distribution: text,
  distributionVersion: text,
  vendor: text,
  model: text,
  links: v.array(v.object({ type: v.picklist(['Infiniband', 'Ethernet']), gbit: v.number() })),
})
export type NodeFacts = v.InferOutput<typeof NodeFactsSchema>

/** The command of each part, which one call on a node runs all of; what fails leaves its part empty. */
export const NODE_COMMANDS = {
  lscpu: ['env', 'LC_ALL=C', 'lscpu'],
  meminfo: ['cat', '/proc/meminfo'],
  kernel: ['uname', '-r'],
  osRelease: ['cat', '/etc/os-release'],
  vendor: ['cat', '/sys/class/dmi/id/sys_vendor'],
  model: ['cat', '/sys/class/dmi/id/product_name'],
  ibstat: ['ibstat'],
  /** `/sys/class/net/eth0/speed:10000`, Mbit/s; -1 of one that is down. */
  speeds: ['sh', '-c', 'grep -H . /sys/class/net/*/speed 2>/dev/null'],
} as const
export type NodeTexts = Partial<Record<keyof typeof NODE_COMMANDS, string>>

/** Total: whatever the texts are. */
export function nodeFacts(texts: NodeTexts): NodeFacts {
  const cpu = pairsIn(texts.lscpu ?? '', ':')
  const system = pairsIn(texts.osRelease ?? '', '=')
  const [, kib] = /^MemTotal:\s*(\d+) kB/m.exec(texts.meminfo ?? '') ?? []
  return {
    processor: {
      model: cpu.get('Model name') ?? null,
      vendor: vendorOf(cpu.get('Vendor ID')),
      architecture: cpu.get('Architecture') ?? null,
      sockets: numberIn(cpu.get('Socket(s)')),
      coresPerSocket: numberIn(cpu.get('Core(s) per socket')),
      threadsPerCore: numberIn(cpu.get('Thread(s) per core')),
      maxMhz: numberIn(cpu.get('CPU max MHz')),
      l3: cpu.get('L3 cache') ?? cpu.get('L3') ?? null,
    },
    memoryBytes: kib === undefined ? null : Number(kib) * 1024,
    kernel: lineOf(texts.kernel),
    distribution: system.get('NAME') ?? null,
    distributionVersion: system.get('VERSION_ID') ?? null,
    vendor: lineOf(texts.vendor),
    model: lineOf(texts.model),
    links: linksIn(texts.ibstat ?? '', texts.speeds ?? ''),
  }
}

function pairsIn(text: string, mark: ':' | '='): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf(mark)
    const value = line
      .slice(at + 1)
      .trim()
      .replaceAll(/^"|"$/g, '')
    return at > 0 && value !== '' ? [[line.slice(0, at).trim(), value]] : []
  })
  return new Map(pairs)
}

function numberIn(text: string | undefined): number | null {
  const number = Number(text?.replace(',', '.'))
  return text !== undefined && Number.isFinite(number) ? number : null
}

const VENDORS: Readonly<Record<string, string>> = {
  AuthenticAMD: 'AMD',
  GenuineIntel: 'Intel',
  ARM: 'ARM',
}

function vendorOf(id: string | undefined): string | null {
  return id === undefined ? null : (VENDORS[id] ?? id)
}

function lineOf(text: string | undefined): string | null {
  return text?.split('\n')[0].trim() || null
}

/** Those that are up. An InfiniBand port's rate is that of the link; its network device says the same again. */
function linksIn(ibstat: string, speeds: string): NodeFacts['links'] {
  const ports = ibstat.split(/^\s*Port \d+:/m).slice(1)
  const infiniband = ports.flatMap((port): NodeFacts['links'] => {
    const [, gbit] = /^\s*Rate: (\d+)/m.exec(port) ?? []
    const isUp = /^\s*State: Active/m.test(port)
    if (!isUp || gbit === undefined) return []
    const type = /^\s*Link layer: Ethernet/m.test(port) ? 'Ethernet' : 'Infiniband'
    return [{ type, gbit: Number(gbit) }]
  })
  if (infiniband.length > 0) return infiniband
  const ethernet = [...speeds.matchAll(/net\/([^/\n]+)\/speed:(\d+)$/gm)]
  return ethernet
    .map(([, , mbit]) => ({ type: 'Ethernet' as const, gbit: Number(mbit) / 1000 }))
    .filter(({ gbit }) => gbit > 0)
}
