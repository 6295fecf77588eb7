import { expect } from 'chai'
import { EXIT_CODES, exitCodesOf } from '../../../src/lib/cli/exit-codes.js'
import { helpText } from '../../../src/lib/cli/help.js'
import { readManifest, spoken } from '../../../src/lib/cli/manifest.js'
import { plainStyle } from '../../../src/lib/report/style.js'
import { visibleWidth } from '../../../src/lib/report/wrap.js'
import { ROOT } from '../../support/cli.js'

const manifest = readManifest(ROOT)
const commands = Object.values(manifest.commands)
const help = (words: string[], columns = 80) =>
  helpText(manifest, words, { ...plainStyle, columns })!

describe('help', () => {
  it('of the whole fits on a terminal of 24 lines, the prompt too', () => {
    expect(help([]).split('\n')).to.have.lengthOf.at.most(23)
  })

  it('begins with what is used most', () => {
    const [, list] = help([]).split('COMMANDS\n')
    const names = list
      .split('\n\n')[0]
      .split('\n')
      .map((line) => line.trim().split(' ')[0])
    expect(names.slice(0, 3)).to.deep.equal(['status', 'vllm', 'chroma'])
    expect(names.at(-1)).to.equal('completion')
  })

  const pages = ['exit-codes', 'environment', 'files', 'metrics'].map((page) => [page])
  for (const words of [
    [],
    ...pages,
    ['vllm'],
    ['lustre', 'ini'],
    ...commands.map(({ id }) => id.split(':')),
  ])
    it(`of "${words.join(' ')}" is not wider than the terminal, but for lines to paste`, () => {
      for (const columns of [80, 100])
        for (const line of help(words, columns).split('\n'))
          if (!line.startsWith('  aibench '))
            expect(visibleWidth(line), line).to.be.at.most(columns)
    })

  for (const { id, flags } of commands)
    it(`of ${spoken(id)} describes flags by verbs and says their defaults`, () => {
      for (const { name, summary = '' } of Object.values(flags)) {
        expect(summary, name).to.match(/^[A-Z][a-z]+[ ,:]/)
        expect(summary, name).to.not.match(/^(A|An|The|Of|By|At|In|How|What|Which)\b/)
      }
    })

  it('names only exit codes that the command can give', () => {
    expect(help(['config', 'get'])).to.not.include('99')
    expect(exitCodesOf('completion')).to.deep.equal([0, 1, 2])
    expect(exitCodesOf('vllm bench')).to.include.members([0, 6, 7, 10, 99, 130])
    const known = EXIT_CODES.map(([code]) => code)
    for (const { id } of commands) expect(known).to.include.members(exitCodesOf(spoken(id)))
  })

  it('speaks of variables once, and of none that would be an accident', () => {
    const text = help(['vllm', 'bench'])
    expect(text.match(/AIBENCH_/g)).to.have.lengthOf(1)
    const variables = commands.flatMap(({ flags }) => Object.values(flags).map(({ env }) => env))
    for (const name of ['FORCE', 'NAME', 'FOR', 'K', 'FOLLOW', 'DRY_RUN'])
      expect(variables).to.not.include(`AIBENCH_${name}`)
  })
})
