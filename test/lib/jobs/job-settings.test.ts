import { jobSettingOptions } from '../../../src/lib/jobs/options.js'
import { givenBy } from '../../../src/lib/options/set.js'
import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashesOf, jobFilesOf, jobSettings } from '../../../src/lib/jobs/job-settings.js'
import { contextWith } from '../../support/context.js'
import { rejection } from '../../support/surroundings.js'
import { vllm } from '../../../src/lib/services/vllm/service.js'

async function place(
  variables: Record<string, string> = {},
  set: Partial<Record<string, string>> = {},
) {
  const context = await contextWith([], { variables })
  return {
    ...context,
    settings: { ...context.settings, get: (name: string) => set[name] },
  }
}

describe('what a user adds to a job’s environment', () => {
  it('comes from the setting, the file and the flags; the later one wins', async () => {
    await using context = await place(
      { FROM_SHELL: 'a b', http_proxy: 'http://p:1' },
      { env: 'A=setting B=setting FROM_SHELL' },
    )
    const file = join(context.folder, 'env')
    await writeFile(file, '# comment\n\nB=file with  blanks = and #\nexport C=file\n')
    const { variables } = await jobSettings(context, {
      env: ['C=flag', 'D=', 'http_proxy'],
      envFile: file,
    })
    expect(variables).to.deep.equal({
      ...{ A: 'setting', FROM_SHELL: 'a b', B: 'file with  blanks = and #', C: 'flag', D: '' },
      http_proxy: 'http://p:1',
    })
  })

  it('takes a prologue from the setting, and another from the flag', async () => {
    await using context = await place({}, { prologue: 'one.sh', env_file: 'missing' })
    const at = { ...context, environment: { ...context.environment, cwd: context.folder } }
    for (const name of ['one.sh', 'two.sh'])
      await writeFile(join(context.folder, name), `echo ${name}\n`)
    await writeFile(join(context.folder, 'missing'), '')
    expect((await jobSettings(at, {})).prologue).to.deep.equal({
      path: join(context.folder, 'one.sh'),
      text: 'echo one.sh\n',
    })
    expect((await jobSettings(at, { prologue: 'two.sh' })).prologue?.text).to.include('two')
  })

  it('names the interface by a flag or the setting', async () => {
    await using context = await place({}, { interface: 'ib0' })
    const oursOf = async (asked: object) => (await jobSettings(context, asked)).ours
    expect(await oursOf({})).to.deep.equal({ AIBENCH_INTERFACE: 'ib0' })
    expect(await oursOf({ interface: '10.148.0.0/20' })).to.include({
      AIBENCH_INTERFACE: '10.148.0.0/20',
    })
    for (const wrong of ['10.0.0.0/', '$(id)', 'a b', ''])
      expect(() => givenBy(jobSettingOptions, { interface: wrong })).to.throw(/^--interface must/)
  })

  for (const { title, env, says } of [
    { title: 'a name that is none', env: ['1A=2'], says: '"1A" is not a variable name' },
    { title: 'one that the shell has not', env: ['NOT_THERE_AT_ALL'], says: 'is not set' },
    { title: 'one of ours', env: ['AIBENCH_TOKEN=x'], says: 'sets AIBENCH_TOKEN itself' },
    { title: 'one of the script', env: ['CAUSE=x'], says: 'sets CAUSE itself' },
    { title: 'the key', env: ['VLLM_API_KEY=x'], says: 'sets VLLM_API_KEY itself' },
    { title: 'one that bash would run', env: ['BASH_ENV=/evil'], says: 'BASH_ENV' },
  ])
    it(`refuses ${title}`, async () => {
      await using context = await place()
      const error = await rejection(jobSettings(context, { env }, vllm.reserved))
      expect(error.exitCode).to.equal(2)
      expect(error.message).to.include(says)
    })

  for (const [title, asked, text] of [
    ['no file', { envFile: 'nothing' }, ''],
    ['no prologue', { prologue: 'nothing' }, ''],
    ['DOS line ends', { prologue: 'dos' }, 'module load x\r\n'],
  ] as const)
    it(`refuses ${title}`, async () => {
      await using context = await place()
      const at = { ...context, environment: { ...context.environment, cwd: context.folder } }
      await writeFile(join(context.folder, 'dos'), text)
      expect((await rejection(jobSettings(at, asked))).exitCode).to.equal(2)
    })

  it('stands over what we chose, and is recorded by name and hash', async () => {
    await using context = await place({ LANG: 'C', LC_ALL: 'de_DE' })
    const files = jobFilesOf(
      context,
      { environment: { HF_HOME: 'ours', AIBENCH_X: '1' }, provenance: { settings: { A: 'a' } } },
      {
        variables: { HF_HOME: 'theirs', MY_SECRET: 'hunter2' },
        prologue: null,
        ours: { AIBENCH_INTERFACE: 'ib0' },
        isWatched: true,
      },
    )
    expect(files.environment).to.deep.equal({
      ...{ LANG: 'C', LC_ALL: 'de_DE', HF_HOME: 'theirs', AIBENCH_X: '1', MY_SECRET: 'hunter2' },
      AIBENCH_INTERFACE: 'ib0',
    })
    expect(files.provenance.settings).to.have.all.keys('A', 'HF_HOME', 'MY_SECRET')
    expect(JSON.stringify(files.provenance)).to.not.include('hunter2')
    expect(hashesOf({ A: '1' })).to.deep.equal(hashesOf({ A: '1' }))
    expect(hashesOf({ A: '1' })).to.not.deep.equal(hashesOf({ A: '2' }))
  })
})
