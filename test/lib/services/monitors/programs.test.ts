import { expect } from 'chai'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultsOf } from '../../../../src/lib/options/set.js'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import { completeMonitors } from '../../../../src/lib/services/monitors/complete.js'
import { monitorsOptions } from '../../../../src/lib/services/monitors/options.js'
import { findMonitor, versionIn } from '../../../../src/lib/services/monitors/programs.js'
import { contextWith } from '../../../support/context.js'
import { rejection } from '../../../support/surroundings.js'

const none = defaultsOf(monitorsOptions)

async function withPrograms(programs: Record<string, string>) {
  const context = await contextWith()
  const bin = join(context.folder, 'bin')
  await mkdir(bin)
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const environment = {
    ...context.environment,
    cwd: context.folder,
    variables: { PATH: `${bin}:/usr/bin:/bin` },
  }
  return Object.assign(context, { environment, processes: systemProcesses, bin })
}

describe('programs of monitors', () => {
  it('are those of PATH, under the names that distributions give them; with their version', async () => {
    await using context = await withPrograms({
      prometheus: 'echo "prometheus, version 3.16.0 (branch: , revision: unknown)"',
      'prometheus-node-exporter':
        'echo "node_exporter, version  (branch: , revision: unknown)" >&2',
    })
    expect(await findMonitor(context, 'prometheus', none)).to.deep.equal({
      argv: [join(context.bin, 'prometheus')],
      version: '3.16.0',
      image: null,
    })
    expect(await findMonitor(context, 'node', none)).to.include({ version: null })
    const { with: parts } = await completeMonitors(context, none)
    expect(parts).to.deep.equal(['prometheus', 'node', 'gpu'])
  })

  it('may be a file that was asked for, or an image', async () => {
    await using context = await withPrograms({ prom: 'echo "prometheus, version 2.42.0+ds"' })
    const asked = { ...none, prometheus: 'bin/prom' }
    expect(await findMonitor(context, 'prometheus', asked)).to.include({ version: '2.42.0' })
    await writeFile(join(context.folder, 'p.sif'), 'image')
    const image = await findMonitor(context, 'prometheus', { ...none, prometheus: 'p.sif' })
    expect(image).to.deep.include({ argv: ['/bin/prometheus'], version: null })
    expect(image.image!.sha256).to.have.lengthOf(64)
  })

  it('that are not there or do not start are told, with what to do', async () => {
    await using context = await withPrograms({ prometheus: 'echo "no libc" >&2; exit 1' })
    const broken = await rejection(findMonitor(context, 'prometheus', none))
    expect(broken).to.include({ exitCode: 3, evidence: 'no libc' })
    const missing = await rejection(findMonitor(context, 'grafana', none))
    expect(missing.message).to.equal('Grafana was not found on this machine')
    expect((missing.hints as string[])[0]).to.match(
      /^aibench monitors start --grafana grafana.sif {3}# apptainer/,
    )
  })

  it('are refused before the queue when they are too old, or something else', async () => {
    for (const [text, message] of [
      [
        'prometheus, version 2.30.0 (branch: x)',
        'Prometheus 2.30.0 is too old: 2.42 or later is needed',
      ],
      ['hello', /^This is not Prometheus: .*bin\/prometheus$/],
    ] as const) {
      await using context = await withPrograms({ prometheus: `echo "${text}"` })
      const error = await rejection(findMonitor(context, 'prometheus', none))
      expect(error).to.include({ exitCode: 3 })
      expect(error.message).to.match(typeof message === 'string' ? new RegExp(message) : message)
    }
  })

  it('say their version in words of their own', () => {
    expect(versionIn('otelcol version 0.155.0')).to.equal('0.155.0')
    expect(versionIn('grafana version 12.0.0')).to.equal('12.0.0')
    expect(versionIn('prometheus, version 2.42.0+ds (branch: debian/sid)')).to.equal('2.42.0')
    expect(versionIn('node_exporter, version  (branch: )')).to.equal(null)
  })
})
