import type { FilesystemResult } from '../result.js'
import type { NodeFacts } from './node-facts.js'

/** One thing of the description of a site, as the form of the lists has it. Values are texts; those with a unit are pairs. */
export interface Described {
  type: string
  att: Record<string, string | [value: string, unit: string]>
  childs: Described[]
}

export interface SystemInformation {
  DATA: Described
  GRAPH: Record<string, { edges: unknown[]; pos: Record<string, unknown> }>
}

export interface StorageFacts {
  name: string | null
  /** `Lustre`, `ext4`. */
  software: string | null
  version: string | null
  capacityBytes: number | null
  mountOptions: string | null
  osts: number | null
  mdts: number | null
}

/** What is in a submission's `system-information.json`, as far as the run and its nodes tell; what only people know is ''. */
export function systemInformation(
  result: FilesystemResult,
  node: NodeFacts,
  storage: StorageFacts,
): SystemInformation {
  const site = described(
    'Site',
    { institution: '', abbreviation: '', location: '', nationality: '', webpage: '' },
    [io500(result), supercomputer(result, node), storageSystem(storage)],
  )
  const nothing = () => ({ edges: [], pos: {} })
  return { DATA: site, GRAPH: { Building: nothing(), Network: nothing() } }
}

/** `StorageSystem: vendor`: what a person has to fill in, in the order of the file. */
export function leftOpen({ DATA }: Pick<SystemInformation, 'DATA'>): string[] {
  const within = (one: Described): string[] => [
    ...Object.entries(one.att).flatMap(([key, value]) =>
      value === '' || value[0] === '' ? [`${one.type}: ${key}`] : [],
    ),
    ...one.childs.flatMap(within),
  ]
  return [...new Set(within(DATA))]
}

function io500({ score, phases, workload, startedAt, product }: FilesystemResult): Described {
  const { nodes, tasks } = workload
  const valueOf = (phase: string) => {
    const value = phases.find(({ name }) => name === phase)?.value
    return value == null ? '' : value.toFixed(6)
  }
  const rates = (tool: string, verbs: readonly string[], unit: string) =>
    Object.fromEntries(
      verbs.map((verb): [string, [string, string]] => [
        verb,
        [valueOf(`${tool}-${verb.replace(' ', '-')}`), unit],
      ]),
    )
  const figure = (value: number | undefined) => (value === undefined ? '' : String(value))
  return described(
    'IO500',
    {
      score: figure(score?.total),
      scoreBW: [figure(score?.bandwidthGiBPerSecond), 'GiB/s'],
      scoreMD: [figure(score?.metadataKiops), 'kOP/s'],
      include_in_io500_ranked_list: nodes === null ? '' : nodes >= 10 ? 'yes' : 'no',
      include_in_10node_ranked_list: nodes === null ? '' : nodes === 10 ? 'yes' : 'no',
    },
    [
      described('information', {
        submission_date: startedAt.slice(0, 10),
        submitter: '',
        email: '',
        version: product.version ?? '',
        number_clientNodes: text(nodes),
        procsPerNode: nodes && tasks ? text(tasks / nodes) : '',
        exclusive_cluster_usage: '',
      }),
      described(
        'IOR',
        rates('ior', ['easy write', 'easy read', 'hard write', 'hard read'], 'GiB/s'),
      ),
      described(
        'MDTest',
        rates(
          'mdtest',
          [
            ...['easy write', 'easy stat', 'easy delete', 'hard write', 'hard stat'],
            ...['hard read', 'hard delete'],
          ],
          'kOP/s',
        ),
      ),
      described('find', { mixed: [valueOf('find'), 'kOP/s'] }),
    ],
  )
}

function supercomputer({ workload }: FilesystemResult, node: NodeFacts): Described {
  const { processor, links } = node
  const [link] = links.toSorted((a, b) => b.gbit - a.gbit)
  const nodes = described(
    'Nodes',
    {
      name: '',
      vendor: node.vendor ?? '',
      model: node.model ?? '',
      count: text(workload.nodes),
      distribution: node.distribution ?? '',
      'distribution version': node.distributionVersion ?? '',
      'kernel version': node.kernel ?? '',
    },
    [
      described('Processor', {
        model: processor.model ?? '',
        vendor: processor.vendor ?? '',
        architecture: processor.architecture ?? '',
        microarchitecture: '',
        sockets: text(processor.sockets),
        'cores per socket': text(processor.coresPerSocket),
        'threads per core': text(processor.threadsPerCore),
        frequency: [text(processor.maxMhz), 'MHz'],
        ...(processor.l3 === null ? {} : { 'L3 cache size': sizeOf(processor.l3) }),
      }),
      described('Memory', {
        type: '',
        'net capacity': [text(node.memoryBytes && inUnit(node.memoryBytes, 30)), 'GiB'],
      }),
      described('Interconnect', {
        type: link?.type ?? '',
        speed: link ? `${link.gbit} GBit` : '',
        links: link ? text(links.filter(({ gbit }) => gbit === link.gbit).length) : '',
        vendor: '',
        model: '',
      }),
    ],
  )
  const whole = { name: '', 'total nodes': '', 'total cores': '' }
  return described('Supercomputer', whole, [nodes])
}

function storageSystem(storage: StorageFacts): Described {
  const isLustre = /lustre/i.test(storage.software ?? '')
  const servers = (count: number | null) => ({
    count: '',
    targets: text(count),
    name: '',
    vendor: '',
  })
  return described(
    'StorageSystem',
    {
      name: storage.name ?? '',
      software: storage.software ?? '',
      version: storage.version ?? '',
      vendor: '',
      type: 'file system',
      usage: '',
      Servers: '',
      'net capacity': [text(storage.capacityBytes && inUnit(storage.capacityBytes, 40)), 'TiB'],
      'client mount options': storage.mountOptions ?? '',
      'installation date': '',
    },
    isLustre
      ? [
          described('Lustre', { version: storage.version ?? '', backend: '', features: '' }, [
            described('OSS', servers(storage.osts)),
            described('MDS', servers(storage.mdts)),
          ]),
        ]
      : [],
  )
}

function described(type: string, att: Described['att'], childs: Described[] = []): Described {
  return { type, att, childs }
}

function text(value: number | null | undefined): string {
  return value == null ? '' : String(value)
}

function inUnit(bytes: number, power: number): number {
  return Math.round((bytes / 2 ** power) * 10) / 10
}

/** `256 MiB (8 instances)` */
function sizeOf(told: string): [string, string] {
  const [, value = '', unit = ''] = /^([\d.]+)\s*([KMGT]i?B?)/.exec(told) ?? []
  return [value, unit]
}
