import { expect } from 'chai'
import { serverConfig } from '../../../../src/lib/services/chroma/config.js'

describe('the configuration of a Chroma server', () => {
  it('listens on loopback, and does not let anybody reset it', () => {
    expect(serverConfig({ profile: 'default', persistDir: '/data' })).to.equal(
      'listen_address: "127.0.0.1"\npersist_path: "/data"\nallow_reset: false\n',
    )
  })

  it('tuned has all three keys of the cache: with fewer the server panics', () => {
    const text = serverConfig({ profile: 'tuned', persistDir: '/data' })
    for (const key of ['capacity', 'cache_ttl_secs', 'permitted_parallelism'])
      expect(text).to.match(new RegExp(`^ +${key}: \\d+$`, 'm'))
  })

  it('keeps a path as it is', () => {
    const persistDir = '/a b/"q"\n#x'
    const line = serverConfig({ profile: 'default', persistDir }).split('\n')[1]
    expect(JSON.parse(line.slice('persist_path: '.length))).to.equal(persistDir)
  })
})
