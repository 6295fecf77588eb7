import { expect } from 'chai'
import fc from 'fast-check'
import { parseIni } from '../../../../../src/lib/instrument/filesystem/ini/ini.js'
import type { FilesystemResult } from '../../../../../src/lib/instrument/filesystem/result.js'
import {
  checklist,
  checklistText,
  type SubmissionFacts,
} from '../../../../../src/lib/instrument/filesystem/submission/checklist.js'
import { nodeFacts } from '../../../../../src/lib/instrument/filesystem/submission/node-facts.js'
import {
  leftOpen,
  systemInformation,
  type Described,
} from '../../../../../src/lib/instrument/filesystem/submission/system-information.js'
import { filesystemResult } from '../../../../support/filesystem-result.js'

const LSCPU = `Architecture:        x86_64
CPU(s):              256
Vendor ID:           AuthenticAMD
Model name:          AMD EPYC 7H12 64-Core Processor
Thread(s) per core:  2
Core(s) per socket:  64
Socket(s):           2
CPU max MHz:         2600,0000
L3 cache:            512 MiB (32 instances)`
const IBSTAT = `CA 'mlx5_0'
\tCA type: MT4123
\tPort 1:
\t\tState: Active
\t\tPhysical state: LinkUp
\t\tRate: 200
\t\tLink layer: InfiniBand
CA 'mlx5_1'
\tPort 1:
\t\tState: Down
\t\tRate: 10
\t\tLink layer: Ethernet`

const result = (change: Partial<FilesystemResult> = {}): FilesystemResult => ({
  ...filesystemResult(),
  ...change,
})

const NODE = {
  lscpu: LSCPU,
  ibstat: IBSTAT,
  meminfo: 'MemTotal:       527942792 kB\nMemFree: 1 kB\n',
  kernel: '4.18.0-425.el8\n',
  osRelease: 'NAME="Rocky Linux"\nVERSION_ID="8.7"\n',
  vendor: 'Atos\n',
  speeds: '/sys/class/net/ib0/speed:200000\n',
}
const STORAGE = {
  ...{ name: 'scratch', software: 'Lustre', version: '2.14.0', capacityBytes: 2 ** 49 },
  ...{ mountOptions: 'rw,flock', osts: 32, mdts: 4 },
}

const find = ({ type, att, childs }: Described, wanted: string): Described['att'] | undefined =>
  type === wanted ? att : childs.map((one) => find(one, wanted)).find(Boolean)

describe('what a node tells for a submission', () => {
  it('is read from the programs that it has', () => {
    expect(nodeFacts(NODE)).to.deep.equal({
      processor: {
        ...{ model: 'AMD EPYC 7H12 64-Core Processor', vendor: 'AMD', architecture: 'x86_64' },
        ...{ sockets: 2, coresPerSocket: 64, threadsPerCore: 2, maxMhz: 2600 },
        l3: '512 MiB (32 instances)',
      },
      memoryBytes: 527942792 * 1024,
      kernel: '4.18.0-425.el8',
      distribution: 'Rocky Linux',
      distributionVersion: '8.7',
      vendor: 'Atos',
      model: null,
      links: [{ type: 'Infiniband', gbit: 200 }],
    })
  })

  it('has the links of the network devices where there is no InfiniBand', () => {
    const speeds = '/sys/class/net/eth0/speed:25000\n/sys/class/net/eth1/speed:-1\n'
    expect(nodeFacts({ speeds }).links).to.deep.equal([{ type: 'Ethernet', gbit: 25 }])
  })

  it('is nothing where nothing is told, and never throws', () => {
    expect(nodeFacts({})).to.deep.include({ memoryBytes: null, kernel: null, links: [] })
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { links } = nodeFacts({
          ...{ lscpu: text, meminfo: text, ibstat: text, speeds: text, osRelease: text },
        })
        expect(links).to.be.an('array')
      }),
    )
  })
})

describe('the system information of a submission', () => {
  const { DATA } = systemInformation(result(), nodeFacts(NODE), STORAGE)

  it('has what the run and its nodes tell', () => {
    expect(find(DATA, 'information')).to.include({ number_clientNodes: '10', procsPerNode: '16' })
    expect(find(DATA, 'IOR')?.['easy write']).to.deep.equal(['194.200000', 'GiB/s'])
    expect(find(DATA, 'Processor')).to.deep.include({
      ...{ sockets: '2', 'cores per socket': '64', frequency: ['2600', 'MHz'] },
      'L3 cache size': ['512', 'MiB'],
    })
    expect(find(DATA, 'Memory')?.['net capacity']).to.deep.equal(['503.5', 'GiB'])
    expect(find(DATA, 'Interconnect')).to.include({ type: 'Infiniband', speed: '200 GBit' })
    expect(find(DATA, 'StorageSystem')?.['net capacity']).to.deep.equal(['512', 'TiB'])
    expect(find(DATA, 'OSS')?.targets).to.equal('32')
  })

  it('says what is left to a person', () => {
    const open = leftOpen({ DATA })
    expect(open).to.include.members(['Site: institution', 'StorageSystem: vendor', 'OSS: count'])
    expect(open).to.not.include.members(['Processor: sockets', 'StorageSystem: software'])
    expect(
      leftOpen({ DATA: { type: 'X', att: { a: 'b', c: ['1', 'm'] }, childs: [] } }),
    ).to.deep.equal([])
  })

  it('has the keys, and nothing in them, when nothing is known', () => {
    const nothing = {
      ...{ name: null, software: null, version: null, capacityBytes: null },
      ...{ mountOptions: null, osts: null, mdts: null },
    }
    const empty = systemInformation(result(), nodeFacts({}), nothing)
    expect(leftOpen(empty)).to.include.members(['Processor: sockets', 'Memory: net capacity'])
  })
})

describe('the rules for a submission', () => {
  const ini = (text: string) => parseIni(text).config
  const facts = (change: Partial<SubmissionFacts> = {}): SubmissionFacts => ({
    result: result(),
    config: ini('[debug]\nstonewall-time = 300\n'),
    has: { resultTar: true, jobScript: true, jobOutput: true, layoutRecord: true },
    leftOpen: [],
    ...change,
  })
  const states = (change: Partial<SubmissionFacts>) =>
    Object.fromEntries(checklist(facts(change)).map(({ id, state }) => [id, state]))
  const withWorkload = (change: object) => result({ workload: { ...result().workload, ...change } })

  it('are met by a run that keeps them, but for what only people know', () => {
    const open = Object.entries(states({ result: result({ valid: true }) }))
      .filter(([, state]) => state === 'open')
      .map(([id]) => id)
    expect(open).to.include.members(['source', 'persistence', 'questionnaire'])
    expect(states({ result: result({ valid: true }) })).to.include({
      ...{ valid: 'met', stonewall: 'met', nodes: 'met', processes: 'met', layout: 'met' },
      ...{ find: 'met', 'result-files': 'met', 'system-information': 'met' },
    })
  })

  for (const { id, state, change } of [
    { id: 'valid', state: 'broken', change: { result: result({ valid: false }) } },
    { id: 'valid', state: 'broken', change: { result: result({ complete: false }) } },
    {
      id: 'stonewall',
      state: 'broken',
      change: { result: withWorkload({ stonewallSeconds: 30 }) },
    },
    {
      id: 'stonewall',
      state: 'met',
      change: { result: withWorkload({ stonewallSeconds: 30 }), config: ini('[global]\nscc = 1') },
    },
    { id: 'nodes', state: 'broken', change: { result: withWorkload({ nodes: 4 }) } },
    { id: 'nodes', state: 'met', change: { result: withWorkload({ nodes: 512 }) } },
    { id: 'nodes', state: 'open', change: { result: withWorkload({ nodes: null }) } },
    { id: 'processes', state: 'broken', change: { result: withWorkload({ tasks: 9 }) } },
    { id: 'caches', state: 'broken', change: { result: withWorkload({ nodes: 1 }) } },
    {
      id: 'caches',
      state: 'met',
      change: { result: withWorkload({ nodes: 1 }), config: ini('[global]\ndrop-caches = TRUE') },
    },
    {
      id: 'layout',
      state: 'open',
      change: { result: result({ fileSystem: { ...result().fileSystem, layout: '/l.sh' } }) },
    },
    { id: 'find', state: 'open', change: { config: ini('[find]\nexternal-script = /f.sh') } },
    { id: 'system-information', state: 'open', change: { leftOpen: ['Site: institution'] } },
    {
      id: 'result-files',
      state: 'broken',
      change: { has: { ...facts().has, jobScript: false } },
    },
    {
      id: 'layout-record',
      state: 'open',
      change: { has: { ...facts().has, layoutRecord: false } },
    },
  ] as const)
    it(`${id} is ${state} for ${JSON.stringify(change).slice(-60)}`, () =>
      expect(states(change as Partial<SubmissionFacts>)[id]).to.equal(state))

  it('are a file for people, what is broken first', () => {
    const text = checklistText(checklist(facts({ result: withWorkload({ nodes: 4 }) })))
    expect(text.indexOf('[!]')).to.be.greaterThan(0)
    expect(text.indexOf('[!]')).to.be.lessThan(text.indexOf('[ ]'))
    expect(text.indexOf('[ ]')).to.be.lessThan(text.indexOf('[x]'))
    expect(text).to.contain('4 nodes: it is listed, and not ranked')
  })
})
