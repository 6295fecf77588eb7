import { expect } from 'chai'
import { verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  dataSources,
  grafanaIni,
  openingOn,
  providers,
} from '../../../../src/lib/services/monitors/job/grafana.js'
import { makeLogin } from '../../../../src/lib/services/monitors/job/login-link.js'
import { ROOT } from '../../../support/cli.js'
import { sectionOf } from '../../../support/grafana.js'

/** Against what its documentation says of version 13; test/e2e/monitors-grafana.test.ts asks a real one. */
describe('the configuration of Grafana', () => {
  const ini = grafanaIni({
    ...{ host: '10.1.2.3', port: 21003, user: 'aibench', passwordFile: '/s/password' },
    ...{ publicKeyFile: '/s/key.pem', secretKeyFile: '/s/key', homeBoard: '/s/overview.json' },
  })
  const section = (name: string) => sectionOf(ini, name)

  it('lets nobody in who has no password, tells nobody of itself, and keeps secrets in files', () => {
    expect(section('auth.anonymous')).to.include('enabled = false')
    expect(section('metrics')).to.include('enabled = false')
    expect(section('security')).to.include('admin_password = $__file{/s/password}')
    expect(section('security')).to.include('secret_key = $__file{/s/key}')
    expect(section('security')).to.include('allow_embedding = false')
    expect(section('analytics')).not.to.include('true')
    expect(section('plugins')).to.include('preinstall_disabled = true')
    expect(section('dashboards')).to.include('min_refresh_interval = 1s')
  })

  it('is at home where the browser meets it, with a cookie that another one there does not take', () => {
    expect(section('server')).to.include('http_addr = 10.1.2.3').and.include('domain = 127.0.0.1')
    expect(section('auth')).to.include('login_cookie_name = aibench_21003')
  })

  it('trusts the one key of its link, of our name alone, and makes nobody its administrator', () => {
    const jwt = section('auth.jwt')
    expect(jwt).to.include('url_login = true').and.include('key_file = /s/key.pem')
    expect(jwt).to.include('expect_claims = {"iss":"aibench"}')
    expect(jwt).to.include('role_attribute_strict = true')
    expect(jwt).to.include('allow_assign_grafana_admin = false')
    expect(jwt).not.to.include('jwk_set')
  })

  it('has its data source and its dashboards as files', () => {
    const { datasources } = JSON.parse(
      dataSources({
        ...{ url: 'http://127.0.0.1:21000', user: 'aibench', passwordFile: '/s/password' },
        ...{ scrapeIntervalMs: 1000, prometheusVersion: '3.16.0' },
      }),
    ) as { datasources: { uid: string; secureJsonData: object; jsonData: object }[] }
    expect(datasources[0].uid).to.equal('aibench-prometheus')
    expect(datasources[0].jsonData).to.include({ timeInterval: '1000ms' })
    expect(datasources[0].secureJsonData).to.deep.equal({
      basicAuthPassword: '$__file{/s/password}',
    })
    expect(JSON.parse(providers('/s/dashboards'))).to.have.nested.property(
      'providers[0].options.path',
      '/s/dashboards',
    )
  })

  it('opens an archive on the time that it is of, and waits for nothing more', async () => {
    const text = await readFile(join(ROOT, 'dashboards', 'overview.json'), 'utf8')
    const span = { from: Date.UTC(2026, 10, 27, 8), to: Date.UTC(2026, 10, 27, 9, 30, 0, 250) }
    const [before, after] = [text, openingOn(text, span)].map(
      (one) => JSON.parse(one) as Record<string, unknown>,
    )
    expect(after).to.deep.equal({
      ...before,
      time: { from: '2026-11-27T08:00:00.000Z', to: '2026-11-27T09:30:00.250Z' },
      refresh: '',
    })
    expect(before.time).to.deep.equal({ from: 'now-15m', to: 'now' })
  })

  it('is opened by a link whose signature its key proves, as long as the job may run', async () => {
    const { token, publicKey } = await makeLogin(new Date('2026-11-27T08:00:00Z'), 3_600_000)
    const [head, body, signature] = token.split('.')
    const isRight = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      publicKey,
      Buffer.from(signature, 'base64url'),
    )
    expect(isRight).to.equal(true)
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { exp: number }
    expect(claims).to.include({ iss: 'aibench', iat: 1795766400, role: 'Editor' })
    expect(claims.exp - 1795766400).to.be.within(3600, 3600 + 600)
  })
})
