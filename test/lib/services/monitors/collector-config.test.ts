import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { collectorConfig } from '../../../../src/lib/services/monitors/job/collector.js'
import { realCollector } from '../../../support/monitors.js'
import { needs } from '../../../support/require.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const setupFor = (folder: string, protocol: 'otlp' | 'remote-write') => ({
  ...{ host: '127.0.0.1', httpPort: 21001, grpcPort: 21002 },
  ...{ tokenFile: join(folder, 'token'), token: 'tok', tracesFile: join(folder, 'a$b.jsonl') },
  store: { url: 'http://127.0.0.1:21000', protocol, user: 'aibench', password: 'pa$$word' },
})

describe('the configuration of the Collector', () => {
  for (const protocol of ['otlp', 'remote-write'] as const)
    it(`is taken by a real one, for a Prometheus that takes ${protocol}`, async function () {
      const { otelcol, why } = await realCollector()
      needs(this, 'collector', why === '', why)
      await using folder = await temporaryFolder()
      await writeFile(join(folder.path, 'token'), 'tok')
      const file = join(folder.path, 'collector.yaml')
      await writeFile(file, collectorConfig(setupFor(folder.path, protocol)))
      await promisify(execFile)(otelcol, ['validate', `--config=${file}`])
    })

  it('asks for the token on every port, has no page of its own, and takes no $ for a variable', () => {
    const config = JSON.parse(collectorConfig(setupFor('/x', 'otlp'))) as {
      receivers: { otlp: { protocols: Record<string, { auth: unknown }> } }
      extensions: Record<string, { client_auth: { password: string } }>
    }
    for (const { auth } of Object.values(config.receivers.otlp.protocols))
      expect(auth).to.deep.equal({ authenticator: 'bearertokenauth' })
    expect(Object.keys(config.extensions)).to.deep.equal(['bearertokenauth', 'basicauth/store'])
    expect(config.extensions['basicauth/store'].client_auth.password).to.equal('pa$$$$word')
  })
})
