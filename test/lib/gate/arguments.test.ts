import { expect } from 'chai'
import { parseArguments } from '../../../src/lib/gate/arguments.js'
import { UsageError } from '../../../src/lib/platform/errors.js'

const argv = (listen: string, target = 'http://127.0.0.1:8000') => [
  ...['--listen', listen],
  ...['--target', target],
  ...['--token-file', 'F'],
]

describe('the arguments of the gate', () => {
  for (const { listen, host, port } of [
    { listen: '10.3.0.7:8443', host: '10.3.0.7', port: 8443 },
    { listen: 'mel2041.lxp.lu:0', host: 'mel2041.lxp.lu', port: 0 },
    { listen: '[::1]:65535', host: '::1', port: 65_535 },
    { listen: '[fe80::1%eth0]:1', host: 'fe80::1%eth0', port: 1 },
  ])
    it(`name ${listen}`, () => {
      const parsed = parseArguments(argv(listen))
      expect(parsed).to.include({ host, port, tokenFile: 'F', upstreamTokenFile: undefined })
      expect(parsed.target.href).to.equal('http://127.0.0.1:8000/')
    })

  it('name a second file for the target', () => {
    const parsed = parseArguments([...argv('h:1'), '--upstream-token-file=U'])
    expect(parsed.upstreamTokenFile).to.equal('U')
  })

  it('name a process in whose network the target is, by its number', () => {
    expect(parseArguments([...argv('h:1'), '--inside=12']).inside).to.equal(12)
    for (const wrong of ['', '0', '-1', '1x'])
      expect(() => parseArguments([...argv('h:1'), `--inside=${wrong}`])).to.throw(/--inside/)
  })

  for (const listen of ['', '8000', ':8000', 'h:', 'h:65536', 'h:1e3', 'h:-1', '::1:80', 'a b:1'])
    it(`are refused with "${listen}" to listen on`, () => {
      expect(() => parseArguments(argv(listen))).to.throw(UsageError, /--listen/)
    })

  for (const target of [
    '127.0.0.1:8000',
    'https://127.0.0.1:8000',
    'http://127.0.0.1:8000/v1',
    'http://127.0.0.1:8000/?key=1',
    'http://user:s3cret@127.0.0.1:8000',
    'unix:/run/x',
    'http://',
  ])
    it(`are refused with ${target} as target, which is not repeated`, () => {
      expect(() => parseArguments(argv('h:1', target)))
        .to.throw(UsageError, /--target takes http:\/\/HOST:PORT/)
        .with.property('message')
        .that.does.not.include('s3cret')
    })

  for (const wrong of [
    [],
    ['--listen', 'h:1'],
    [...argv('h:1'), '--token', 't'],
    [...argv('h:1'), 'x'],
  ])
    it(`are refused as [${wrong.join(' ')}], with how to write them`, () => {
      expect(() => parseArguments(wrong))
        .to.throw(UsageError)
        .with.property('hints')
        .that.satisfies(([usage]: string[]) => usage.includes('--token-file FILE'))
    })
})
