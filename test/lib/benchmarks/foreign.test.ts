import { expect } from 'chai'
import { OPEN } from '../../../src/lib/instrument/http/access.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { CHROMA, VLLM } from '../../support/measured.js'
import { addressFrom, aimed, aimedCommand, serverOf } from '../../../src/lib/benchmarks/foreign.js'

const HERE = { environment: { cwd: '/home/me' } } as Parameters<typeof addressFrom>[0]
const address = (url: string) => addressFrom(HERE, VLLM, { url })

describe('somebody’s server', () => {
  for (const [typed, url] of [
    ['https://host', 'https://host'],
    ['https://host:8443/base/v1/', 'https://host:8443/base'],
    ['http://[::1]:8000/v1', 'http://[::1]:8000'],
    ['http://host/chroma/api/v2', 'http://host/chroma'],
  ])
    it(`is found at ${typed}`, () => expect(address(typed).url).to.equal(url))

  for (const [typed, says] of [
    ['host:8000', /http:\/\/ or https:\/\//],
    ['ftp://host', /http:\/\/ or https:\/\/, not with ftp:/],
    ['nonsense', /must be an http.*not "nonsense"/],
    ['https://me:secret@host', /carries a password/],
  ] as const)
    it(`is refused at ${typed}`, () =>
      expect(() => address(typed))
        .to.throw(UsageError, says)
        .property('message')
        .not.include('secret'))

  const server = {
    ...{ url: 'https://host/a b', ...OPEN },
    ...{ tokenFile: '/home/me/my key', caFile: '/ca.pem', insecure: true },
  }

  it('is in the command that measures it again, ready for a shell', () => {
    expect(aimedCommand('aibench vllm bench --plan k3f9', VLLM, server)).to.equal(
      `aibench vllm bench --url 'https://host/a b' --api-key-file '/home/me/my key' --ca-file /ca.pem --insecure --plan k3f9`,
    )
    expect(aimedCommand('aibench chroma bench --url URL', CHROMA, server)).to.match(
      /^aibench chroma bench --url 'https.*' --token-file '\/home\/me\/my key'/,
    )
  })

  it('is not doubled where a hint says more of it', () => {
    expect(
      aimedCommand('aibench vllm bench --url http://host --ca-file FILE', VLLM, server),
    ).to.equal(
      "aibench vllm bench --api-key-file '/home/me/my key' --insecure --url http://host --ca-file FILE",
    )
  })

  it('has no instance, no logs and no model list of ours in its hints', () => {
    const hints = ['aibench vllm check', 'aibench vllm logs --stderr', 'aibench vllm bench', 'x']
    const error = aimed(new UsageError('no', { hints }), VLLM, { url: 'http://h', ...OPEN })
    expect((error as UsageError).hints).to.deep.equal(['aibench vllm bench --url http://h', 'x'])
  })

  it('is remembered by the plan, unless an instance is named', () => {
    const plan = { server }
    expect(serverOf(HERE, VLLM, { foreign: {} }, plan)).to.equal(server)
    expect(serverOf(HERE, VLLM, { name: 'mine', foreign: {} }, plan)).to.equal(null)
    expect(serverOf(HERE, VLLM, { foreign: { url: 'http://x' } }, plan)?.url).to.equal('http://x')
  })
})
