import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { verify } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { collectorConfig } from '../../../../src/lib/services/monitors/job/collector.js'
import {
  dataSources,
  grafanaIni,
  providers,
} from '../../../../src/lib/services/monitors/job/grafana.js'
import { makeLogin } from '../../../../src/lib/services/monitors/job/login-link.js'
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

/** Against what its documentation says of version 13: no real Grafana was seen. */
describe('the configuration of Grafana', () => {
  it('lets nobody in who has no password, tells nobody of itself, and keeps secrets in files', () => {
    const ini = grafanaIni({
      ...{ host: '127.0.0.1', port: 21003, user: 'aibench', passwordFile: '/s/password' },
      ...{ publicKeyFile: '/s/key.pem', secretKeyFile: '/s/key', homeBoard: '/s/overview.json' },
    })
    const section = (name: string) => ini.split(`[${name}]\n`)[1].split('\n[')[0]
    expect(section('auth.anonymous')).to.include('enabled = false')
    expect(section('metrics')).to.include('enabled = false')
    expect(section('security')).to.include('admin_password = $__file{/s/password}')
    expect(section('security')).to.include('secret_key = $__file{/s/key}')
    expect(section('analytics')).not.to.include('true')
    expect(section('plugins')).to.include('preinstall_disabled = true')
    expect(section('auth.jwt')).to.include('url_login = true')
    expect(section('dashboards')).to.include('min_refresh_interval = 1s')
  })

  it('has its data source and its dashboards as files', () => {
    const { datasources } = JSON.parse(
      dataSources({
        ...{ url: 'http://127.0.0.1:21000', user: 'aibench', passwordFile: '/s/password' },
        ...{ scrapeIntervalMs: 1000, prometheusVersion: '3.16.0' },
      }),
    ) as { datasources: { uid: string; secureJsonData: object }[] }
    expect(datasources[0].uid).to.equal('aibench-prometheus')
    expect(datasources[0].secureJsonData).to.deep.equal({
      basicAuthPassword: '$__file{/s/password}',
    })
    expect(JSON.parse(providers('/s/dashboards'))).to.have.nested.property(
      'providers[0].options.path',
      '/s/dashboards',
    )
  })

  it('is opened by a link whose signature its key proves', async () => {
    const { token, publicKey } = await makeLogin(new Date('2026-11-27T08:00:00Z'))
    const [head, body, signature] = token.split('.')
    const isRight = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      publicKey,
      Buffer.from(signature, 'base64url'),
    )
    expect(isRight).to.equal(true)
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).to.include({
      iss: 'aibench',
      iat: 1795766400,
    })
  })
})
