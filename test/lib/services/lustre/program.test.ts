import { expect } from 'chai'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import {
  chooseProgram,
  findTool,
  type ProgramChoice,
} from '../../../../src/lib/services/lustre/program.js'
import { contextWith } from '../../../support/context.js'
import { rejection } from '../../../support/surroundings.js'

const LIST = new URL('../../../fixtures/filesystem/ini/list-isc26.txt', import.meta.url)
const NONE: ProgramChoice = { io500: null, image: null, module: null }

/** What answers as io500 does, and holds what a real one holds: its version, the names of its back ends. */
async function programIn(
  folder: string,
  apis = 'posix_aiori\\0dummy_aiori\\0mpiio_aiori\\0',
): Promise<string> {
  await mkdir(join(folder, 'bin'), { recursive: true })
  await copyFile(LIST, join(folder, 'list.txt'))
  const names = apis.replaceAll('\\0', '\0')
  const path = join(folder, 'io500')
  await executable(
    path,
    `#!/bin/bash
echo x >> "${folder}/starts"
[ "$1" = --list ] && exec cat "${folder}/list.txt"
exit 1
# io500-isc26_v2-3-gabcdef ${names}`,
  )
  await executable(join(folder, 'bin', 'ior'), '#!/bin/sh\nexit 0\n')
  return path
}

async function executable(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}

async function surroundings({ path = '/usr/bin:/bin' } = {}) {
  const context = await contextWith()
  const { folder, environment } = context
  const variables = { ...environment.variables, PATH: path, HOME: folder, BASH_ENV: '' }
  return {
    ...context,
    environment: { ...environment, variables, cwd: folder },
    processes: systemProcesses,
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  }
}

const startsOf = async (folder: string) =>
  (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).length / 2

describe("the user's io500", () => {
  it('is told from a folder, and from a file that can not be run', async () => {
    await using context = await surroundings()
    const path = join(context.folder, 'io500')
    await writeFile(path, 'text\n')
    for (const io500 of [path, 'io500', context.folder]) {
      const error = await rejection(findTool(context, { ...NONE, io500 }))
      expect(error.message).to.match(/ is no program that you can run$/)
    }
    const error = await rejection(findTool(context, { ...NONE, io500: './nothing' }))
    expect(error.message).to.match(/^There is no program /)
  })

  it('is found by its name in the folder that one is in', async () => {
    await using context = await surroundings()
    const path = await programIn(context.folder)
    const { program } = await findTool(context, { ...NONE, io500: 'io500' })
    expect(program.path).to.equal(path)
  })

  it('is found by its path, and asked once for its options', async () => {
    await using context = await surroundings()
    const path = await programIn(context.folder)
    for (let time = 0; time < 2; time++) {
      const { program, look } = await findTool(context, { ...NONE, io500: './io500' })
      expect(program).to.include({ path, origin: '--io500 or lustre.io500', isSeen: true })
      expect(look).to.include({ path, version: 'io500-isc26_v2-3-gabcdef' })
      expect(look?.apis).to.deep.equal(['POSIX', 'MPIIO', 'DUMMY'])
      expect(look?.list).to.contain('[ior-rnd4K]')
    }
    expect(await startsOf(context.folder)).to.equal(1)
  })

  it('is asked again when it is another one, or when nothing was kept', async () => {
    await using context = await surroundings()
    const path = await programIn(context.folder)
    const find = () => findTool(context, { ...NONE, io500: path })
    await find()
    await programIn(context.folder, 'posix_aiori\\0DUMMY\\0')
    expect((await find()).look?.apis, 'no conclusion without symbols').to.equal(null)
    const cache = join(context.environment.cacheDir, 'io500')
    for (const name of await readdir(cache)) await writeFile(join(cache, name), '{')
    await find()
    expect(await startsOf(context.folder)).to.equal(3)
  })

  it('is found on PATH', async () => {
    await using context = await surroundings()
    await programIn(context.folder)
    const variables = { ...context.environment.variables, PATH: `${context.folder}:/usr/bin:/bin` }
    const there = { ...context, environment: { ...context.environment, variables } }
    const { program } = await findTool(there, NONE)
    expect(program).to.include({ path: join(context.folder, 'io500'), origin: 'PATH' })
  })

  it('is missing with the three ways to name one', async () => {
    await using context = await surroundings()
    const error = await rejection(findTool(context, NONE))
    expect(error).to.include({ code: 'AIB_NO_IO500', exitCode: 3 })
    expect(error.hints).to.have.lengthOf(4)
    expect(String(error.hints)).to.contain('https://github.com/IO500/io500')
    const named = await rejection(findTool(context, { ...NONE, io500: './none' }))
    expect(named.message).to.equal(`There is no program ${join(context.folder, 'none')}`)
  })

  for (const { title, script, message } of [
    { title: 'answers otherwise', script: 'echo hello', message: /does not answer as io500 does/ },
    {
      title: 'lacks its MPI',
      script: 'echo "x: error while loading shared libraries: libmpi.so.40" >&2; exit 127',
      message: /does not start here: .*libmpi/,
    },
  ])
    it(`is none when it ${title}`, async () => {
      await using context = await surroundings()
      await executable(join(context.folder, 'io500'), `#!/bin/sh\n${script}\n`)
      const error = await rejection(findTool(context, { ...NONE, io500: './io500' }))
      expect(error).to.include({ code: 'AIB_NOT_IO500', exitCode: 3 })
      expect(error.message).to.match(message)
    })

  it('is found by a module', async () => {
    await using context = await surroundings()
    const path = await programIn(context.folder)
    await writeFile(
      join(context.folder, '.bash_profile'),
      `echo welcome\nmodule() { [ "$2" = io500/1 ] && PATH=${context.folder}:$PATH; }\nexport -f module\n`,
    )
    const { program, look } = await findTool(context, { ...NONE, module: 'io500/1' })
    expect(program).to.include({ path, module: 'io500/1', isSeen: true })
    expect(look?.list).to.match(/^# Supported/)
    const other = await findTool(context, { ...NONE, module: 'io500/2' })
    expect(other.program).to.include({ path: 'io500', isSeen: false })
  })

  it('is left to the job where a module is not known here', async () => {
    await using context = await surroundings()
    const { program, look } = await findTool(context, { ...NONE, module: 'io500/1' })
    expect(program).to.include({ path: 'io500', isSeen: false })
    expect(program.trouble).to.match(/module/)
    expect(look).to.equal(null)
  })

  it('is found in an image, entered once', async () => {
    await using context = await surroundings()
    const { folder } = context
    await programIn(folder)
    const image = join(folder, 'x.sif')
    await writeFile(image, 'image')
    await executable(
      join(folder, 'apptainer'),
      `#!/bin/sh\necho x >> ${folder}/entries\n[ "$1 $2" = "exec ${image}" ] || exit 9\nshift 2\nexec "$@"\n`,
    )
    const settings = { ...context.settings, get: () => join(folder, 'apptainer') }
    const choice = { ...NONE, io500: join(folder, 'io500'), image: './x.sif' }
    for (let time = 0; time < 2; time++) {
      const { program, look } = await findTool({ ...context, settings }, choice)
      expect(program).to.include({ path: join(folder, 'io500'), image, isSeen: true })
      expect(look).to.include({ version: 'io500-isc26_v2-3-gabcdef', apis: null })
    }
    expect(await readFile(join(folder, 'entries'), 'utf8')).to.equal('x\n')
    const ior = await findTool({ ...context, settings }, choice, 'ior')
    expect(ior.program.path).to.equal(join(folder, 'bin', 'ior'))
  })

  it('is left to the job where there is no apptainer', async () => {
    await using context = await surroundings()
    await writeFile(join(context.folder, 'x.sif'), 'image')
    const settings = { ...context.settings, get: () => '/none/apptainer' }
    const found = await findTool({ ...context, settings }, { ...NONE, image: 'x.sif' })
    expect(found.program).to.include({
      ...{ path: '/io500', isSeen: false, trouble: '/none/apptainer is not on this machine' },
    })
  })

  it('wants an image that is there', async () => {
    await using context = await surroundings()
    const error = await rejection(findTool(context, { ...NONE, image: 'none.sif' }))
    expect(error).to.include({ code: 'AIB_NO_IMAGE', exitCode: 2 })
  })

  it('has ior and mdtest beside it, or on PATH', async () => {
    await using context = await surroundings()
    const io500 = await programIn(context.folder)
    const ior = join(context.folder, 'bin', 'ior')
    expect((await findTool(context, { ...NONE, io500 }, 'ior')).program.path).to.equal(ior)
    await rm(ior)
    const error = await rejection(findTool(context, { ...NONE, io500 }, 'ior'))
    expect(error.message).to.match(/^No ior was named/)
  })
})

describe('the choice of an io500', () => {
  const settings = {
    get: (name: string) => ({ 'lustre.io500': '/s/io500', 'lustre.module': 'mpi' })[name],
  }

  it('takes settings where no flag stands', () =>
    expect(chooseProgram({}, settings)).to.deep.equal({
      ...{ io500: '/s/io500', image: null, module: 'mpi' },
    }))

  it('gives an image that was typed no program of a setting', () =>
    expect(chooseProgram({ image: 'x.sif' }, settings)).to.deep.equal({
      ...{ io500: null, image: 'x.sif', module: 'mpi' },
    }))
})
