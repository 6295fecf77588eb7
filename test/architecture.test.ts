import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom for real; a type may be taken from anywhere below the commands. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  commands: ['cli', 'services', 'report', 'platform'],
  cli: ['cli', 'services', 'report', 'platform'],
  // Of the simulator only its options.
  services: ['services', 'scheduler', 'state', 'bench', 'simulator', 'platform'],
  scheduler: ['scheduler', 'platform'],
  state: ['state', 'platform'],
  bench: ['bench', 'platform'],
  simulator: ['simulator', 'bench', 'platform'],
  report: ['report', 'platform'],
  gate: ['gate', 'platform'],
  platform: ['platform'],
}
/** Only here the outside is touched. */
const OUTSIDE = /^node:(fs|child_process|net|http|os|dns)/
const MAY_TOUCH_OUTSIDE = ['platform', 'bench', 'gate', 'simulator', 'state', 'cli']
const GLOBALS = /\bprocess\.env\b|\bDate\.now\(|\bMath\.random\(/

interface Import {
  from: string
  isTypeOnly: boolean
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }))

function roomOf(name: string): string {
  return name.startsWith('commands/') ? 'commands' : name.split('/')[1]
}

function importsOf(text: string): Import[] {
  const found = [...text.matchAll(/^import\s+(type\s)?([^'"]*?)from\s+'([^']+)'/gm)].map(
    ([, type, , from]) => ({ from, isTypeOnly: type !== undefined }),
  )
  const lazy = [...text.matchAll(/import\('([^']+)'\)/g)].map(([, from]) => ({
    from,
    isTypeOnly: false,
  }))
  return [...found, ...lazy]
}

describe('the architecture', () => {
  for (const { name, text } of files) {
    const room = roomOf(name)
    it(`${name}: imports only along the arrows`, () => {
      for (const { from, isTypeOnly } of importsOf(text)) {
        if (!from.startsWith('.')) continue
        const target = relative('.', normalize(join(dirname(name), from)))
        if (isTypeOnly) expect(roomOf(target), `${name} → ${target}`).to.not.equal('commands')
        else expect(ARROWS[room], `${name} → ${target}`).to.include(roomOf(target))
      }
    })
  }

  it('lets only some rooms touch the outside', () => {
    for (const { name, text } of files) {
      if (MAY_TOUCH_OUTSIDE.includes(roomOf(name))) continue
      for (const { from } of importsOf(text))
        expect(OUTSIDE.test(from), `${name} imports ${from}`).to.equal(false)
      expect(GLOBALS.test(text), `${name} reads the clock, the environment or chance`).to.equal(
        false,
      )
    }
  })

  it('keeps cli/ to the commands', () => {
    for (const { name, text } of files) {
      if (['cli', 'commands'].includes(roomOf(name))) continue
      for (const { from } of importsOf(text)) expect(from, name).to.not.match(/\/cli\//)
    }
  })

  it('keeps commands and files short', () => {
    for (const { name, text } of files) {
      const lines = text.split('\n').length
      expect(lines, name).to.be.at.most(roomOf(name) === 'commands' ? 80 : 300)
    }
  })
})
