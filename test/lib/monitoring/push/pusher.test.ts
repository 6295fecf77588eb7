import { expect } from 'chai'
import type { Figure } from '../../../../src/lib/monitoring/push/figures.js'
import { Pusher, type PusherOptions } from '../../../../src/lib/monitoring/push/pusher.js'
import { snappyBlock } from '../../../../src/lib/monitoring/push/snappy.js'
import { systemClock } from '../../../../src/lib/platform/clock.js'
import type { Http, HttpAnswer } from '../../../../src/lib/platform/http.js'

const FIGURES: Figure[] = [{ kind: 'gauge', name: 'a', unit: '', labels: {}, value: 1 }]
const ADDRESS = { protocol: 'otlp', url: 'http://a', authorization: 'Bearer old' } as const
const OK: HttpAnswer = { status: 200, body: '{}' }

/** A store that gives these answers, one after the other, and then is content. */
function pusherTo(answers: (HttpAnswer | Error)[], change: Partial<PusherOptions> = {}) {
  const seen: string[] = []
  const http: Http = {
    call: async (_method, url, options) => {
      seen.push(`${url} ${options?.headers?.authorization}`)
      const answer = answers.shift() ?? OK
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const pusher = new Pusher({
    ...{ http, clock: systemClock, address: ADDRESS, figures: () => FIGURES },
    source: { service: 'aibench-client', instance: 'r1' },
    ...change,
  })
  return { pusher, seen }
}

describe('a pusher', () => {
  it('drops what is refused for good, and says why', async () => {
    const { pusher } = pusherTo([{ status: 400, body: 'bad name\nmore' }])
    const report = await pusher.end(5_000)
    expect(report).to.include({ made: 1, stored: 0, refused: 1, trouble: 'HTTP 400: bad name' })
  })

  it('counts what is taken in part as refused', async () => {
    const body = JSON.stringify({
      partialSuccess: { rejectedDataPoints: '2', errorMessage: 'old' },
    })
    const { pusher } = pusherTo([{ status: 200, body }])
    expect(await pusher.end(5_000)).to.include({ refused: 1, trouble: '2 points: old' })
  })

  it('finds the password again when it was changed', async () => {
    const again = async () => ({ ...ADDRESS, url: 'http://b', authorization: 'Bearer new' })
    const { pusher, seen } = pusherTo([{ status: 401, body: 'Unauthorized' }], { again })
    expect(await pusher.end(5_000)).to.include({ stored: 1, refused: 0, lost: 0 })
    expect(seen).to.deep.equal(['http://a Bearer old', 'http://b Bearer new'])
  })

  it('gives up at its end, and says what is lost; the newest are kept when too many wait', async () => {
    const gone = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const { pusher } = pusherTo(Array.from({ length: 1000 }, () => gone))
    for (let i = 0; i < 129; i++) pusher.tell()
    const report = await pusher.end(300)
    expect(report).to.include({ made: 130, stored: 0, lost: 130, trouble: 'connect ECONNREFUSED' })
  })

  it('tells how far the other clock is ahead', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString()
    const { pusher } = pusherTo([{ ...OK, headers: { date } }])
    const { clockAheadMs } = await pusher.end(5_000)
    expect(clockAheadMs).to.be.within(1, 60_000)
  })
})

describe('Snappy without compression', () => {
  it('is the length, and literals of 64 KiB at most', () => {
    expect([...snappyBlock(Buffer.from('abc'))]).to.deep.equal([3, 0xf4, 2, 0, 97, 98, 99])
    const long = snappyBlock(Buffer.alloc(65_537))
    expect([...long.subarray(0, 6)]).to.deep.equal([0x81, 0x80, 0x04, 0xf4, 0xff, 0xff])
    expect([...long.subarray(6 + 65_536)]).to.deep.equal([0xf4, 0, 0, 0])
  })
})
