import { expect } from 'chai'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import { prepareChroma } from '../../../../src/lib/services/chroma/prepare.js'
import { findServer } from '../../../../src/lib/services/chroma/server.js'
import { contextWith } from '../../../support/context.js'
import { rejection } from '../../../support/surroundings.js'

const SAYS = '#!/bin/sh\necho "chroma 1.4.4"\n'
const BROKEN =
  '#!/bin/sh\necho "starting" >&2\necho "libc.so.6: version GLIBC_2.39 not found" >&2\nexit 1\n'

/** Programs of the test's own, really run; nothing else called chroma is on PATH or can be loaded. */
async function machine({ onPath, installed, command }: Partial<Record<string, string>> = {}) {
  const context = await contextWith()
  const put = async (dir: string, text: string) => {
    await mkdir(join(context.folder, dir), { recursive: true })
    await writeFile(join(context.folder, dir, 'chroma'), text, { mode: 0o755 })
  }
  if (onPath) await put('bin', onPath)
  if (command) await put('own', command)
  const { dataDir } = context.environment
  if (installed) {
    const dir = join(dataDir, 'chroma-1.5.9')
    await mkdir(join(dir, 'chromadb_rust_bindings'), { recursive: true })
    await writeFile(join(dir, 'chroma'), installed, { mode: 0o755 })
    await writeFile(join(dir, 'chromadb_rust_bindings/chromadb_rust_bindings.abi3.so'), 'library')
  }
  const PATH = [join(context.folder, 'bin'), '/usr/bin', '/bin'].join(delimiter)
  const AIBENCH_CHROMA_COMMAND = command ? join(context.folder, 'own', 'chroma') : undefined
  const environment = {
    ...{ ...context.environment, cwd: context.folder, home: context.folder },
    variables: { PATH, AIBENCH_CHROMA_COMMAND },
  }
  return Object.assign(context, { environment, processes: systemProcesses })
}

describe('the Chroma server that is found', () => {
  for (const [title, made, origin] of [
    ['the configured one, whatever else is there', { command: SAYS, onPath: SAYS }, 'configured'],
    ['the one on PATH', { onPath: SAYS, installed: SAYS }, 'PATH'],
    ['the installed one', { installed: SAYS }, 'installed'],
    [
      'the installed one, behind one that can not start',
      { onPath: BROKEN, installed: SAYS },
      'installed',
    ],
  ] as const)
    it(`is ${title}`, async () => {
      await using context = await machine(made)
      const server = await findServer(context)
      expect(server).to.include({ origin, programSays: 'chroma 1.4.4' })
      expect(server.version).to.equal(origin === 'installed' ? '1.5.9' : '1.4.4')
      expect(server.sha256).to.match(/^[0-9a-f]{64}$/)
    })

  it('has the version of the wheel beside it, which knows better than the program', async () => {
    await using context = await machine({ command: SAYS })
    await mkdir(join(context.folder, 'own', 'chromadb-1.5.8.dist-info'))
    expect(await findServer(context)).to.include({ version: '1.5.8', programSays: 'chroma 1.4.4' })
  })

  it('is none that does not start: the line that says why is told', async () => {
    for (const made of [{ onPath: BROKEN }, { command: BROKEN, installed: SAYS }]) {
      await using context = await machine(made)
      const error = await rejection(findServer(context))
      expect(error).to.include({ exitCode: 3, code: 'AIB_CHROMA_UNLOADABLE' })
      expect(error.evidence).to.include('GLIBC_2.39 not found')
    }
  })

  it('is not replaced by another when the configured one is gone', async () => {
    await using context = await machine({ onPath: SAYS })
    Object.assign(context.environment.variables, { AIBENCH_CHROMA_COMMAND: '/no/such/chroma' })
    const error = await rejection(findServer(context))
    expect(error).to.include({ exitCode: 3, code: 'AIB_NO_CHROMA' })
    expect(error.message).to.include('/no/such/chroma')
  })
})

describe('the preparation of Chroma', () => {
  const prepared = async (
    change: { open?: boolean; persistDir?: string } = {},
    place: { scheduler?: 'slurm' | 'local'; exclusive?: boolean } = {},
  ) => {
    const context = await machine({ command: SAYS })
    const runDir = join(context.folder, 'run')
    await mkdir(runDir)
    const options = { profile: 'tuned', persistDir: null, image: null, open: false, ...change }
    const { scheduler = 'slurm', ...more } = place
    const resources = { nodes: 1, timeLimitMs: 1, ...more }
    const ready = await prepareChroma(context, options as never, { runDir, scheduler, resources })
    return { context, runDir, ...ready }
  }

  it('on a node that others may be on closes it, with a token of its owner’s', async () => {
    const { context, runDir, ...ready } = await prepared()
    await using _ = context
    expect(ready.environment).to.deep.equal({ AIBENCH_CLOSED: '1' })
    const token = (await readFile(join(runDir, 'gate.token'), 'utf8')).trim()
    expect((await stat(join(runDir, 'gate.token'))).mode & 0o777).to.equal(0o600)
    expect(JSON.stringify(ready)).to.not.include(token)
  })

  for (const [title, change, place] of [
    ['asked to be open', { open: true }, {}],
    ['alone on its node', {}, { exclusive: true }],
    ['on one’s own machine', {}, { scheduler: 'local' }],
  ] as const)
    it(`leaves it open when it is ${title}`, async () => {
      const { context, environment } = await prepared(change, place)
      await using _ = context
      expect(environment).to.deep.equal({})
    })

  it('writes the command a word a line, and keeps the data with the run or where it was asked to', async () => {
    const { context, runDir, provenance } = await prepared()
    await using _ = context
    expect(await readFile(join(runDir, 'command'), 'utf8')).to.equal(
      `${join(context.folder, 'own', 'chroma')}\n`,
    )
    expect(provenance).to.include({ profile: 'tuned', persistDir: join(runDir, 'data') })
    const kept = await prepared({ persistDir: 'mine' })
    await using __ = kept.context
    const persistDir = join(kept.context.folder, 'mine')
    expect(kept.provenance).to.include({ persistDir })
    expect((await stat(persistDir)).mode & 0o777).to.equal(0o700)
    expect(await readFile(join(kept.runDir, 'server.yaml.part'), 'utf8')).to.include(persistDir)
  })
})
