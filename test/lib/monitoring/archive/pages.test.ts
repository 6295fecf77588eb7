import { expect } from 'chai'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepLastPages, MetricPages } from '../../../../src/lib/monitoring/archive/pages.js'
import type { ScrapeTarget } from '../../../../src/lib/monitoring/targets.js'
import type { Http } from '../../../../src/lib/platform/http.js'
import { temporaryFolder } from '../../../support/surroundings.js'

describe('pages of figures', () => {
  it('are kept once at first and again at last, with the secret of each, and without those that are gone', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'vllm.token')
    await writeFile(file, 'secret\n', { mode: 0o600 })
    let total = 1
    const asked: string[] = []
    const http: Http = {
      call: (_, url, { headers } = {}) => {
        asked.push(`${url} ${headers?.authorization}`)
        return url.includes('gone') && total > 1
          ? Promise.reject(new Error('connect ECONNREFUSED'))
          : Promise.resolve({ status: 200, body: `tokens_total ${total}\n` })
      },
    }
    const target = (name: string): ScrapeTarget => ({
      ...{ name, labels: {}, sampleLimit: 0, credentials: { kind: 'bearer', file } },
      endpoints: [{ url: `http://${name}`, path: '/metrics', job: 'vllm/x' }],
    })
    const dir = join(folder.path, 'metrics')
    const pages = new MetricPages(http, dir)
    await pages.keepFirst([target('vllm')])
    await pages.keepFirst([target('vllm'), target('gone')])
    expect(asked).to.deep.equal([
      'http://vllm/metrics Bearer secret',
      'http://gone/metrics Bearer secret',
    ])
    total = 2
    await keepLastPages(http, dir)
    const page = (when: string) => readFile(join(dir, when, 'vllm.vllm_x.txt'), 'utf8')
    expect([await page('start'), await page('end')]).to.deep.equal([
      'tokens_total 1\n',
      'tokens_total 2\n',
    ])
    expect(await readdir(join(dir, 'end'))).to.deep.equal(['vllm.vllm_x.txt'])
    expect(await readFile(join(dir, 'targets.json'), 'utf8')).to.not.include('secret')
  })
})
