import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { olderText } from '../../../../src/lib/services/monitors/check.js'
import type { MonitorsPlan } from '../../../../src/lib/services/monitors/plan.js'
import { sampledGpus } from '../../../../src/lib/services/monitors/sampled-gpus.js'
import type { State } from '../../../../src/lib/state/schema.js'
import { temporaryFolder } from '../../../support/surroundings.js'

describe('a check of monitors', () => {
  it('says what an old Prometheus means for who uses it', () => {
    const program = (version: string | null) => ({ argv: [], version, image: null })
    const of = (version: string | null, more: Partial<MonitorsPlan['programs']> = {}) =>
      olderText({ prometheus: program(version), ...more })
    expect(of('3.16.0')).to.equal(null)
    expect(of(null)).to.equal(null)
    expect(of('2.42.0')).to.equal(
      'Prometheus 2.42.0 does not accept OTLP: clients push by remote write; Chroma’s own metrics are not stored, they need a Collector; all targets are in one file',
    )
    expect(of('2.53.0', { collector: program('0.155.0') })).to.equal(
      'Prometheus 2.53.0 does not accept OTLP: clients push by remote write',
    )
  })

  it('names the GPUs that are sampled, and the nodes that have none', async () => {
    await using folder = await temporaryFolder()
    const instances: Record<string, { name: string; runDir: string; phase: string }> = {}
    const nvidia = { vendor: 'nvidia', count: 4, driver: '550.1' }
    for (const [name, node, gpus] of [
      ['llm', 'n1', nvidia],
      ['db', 'n1', null],
      ['other', 'n2', null],
    ] as const) {
      const runDir = join(folder.path, name)
      await mkdir(runDir, { mode: 0o700 })
      await writeFile(join(runDir, `exporter.${node}.json`), JSON.stringify({ node, gpus }))
      instances[name] = { name, runDir, phase: 'ready' }
    }
    const targets = [
      { name: 'db', node: 'n1' },
      { name: 'llm', node: 'n1' },
      { name: 'other', node: 'n2' },
      { name: 'of somebody', node: null },
    ]
    expect(await sampledGpus(targets, { instances } as unknown as State)).to.deep.equal([
      { node: 'n1', gpus: nvidia },
      { node: 'n2', gpus: null },
    ])
  })
})
