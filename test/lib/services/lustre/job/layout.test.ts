import { expect } from 'chai'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { layOut, TOP_DIRECTORIES } from '../../../../../src/lib/services/lustre/job/layout.js'
import { jobWith } from '../../../../support/job-context.js'
import { rejection } from '../../../../support/surroundings.js'

const LUSTRE = { kind: 'lustre', name: 'lustre' } as const

describe('the layout of the directories', () => {
  it('is by default what the parent directory says, and recorded', async () => {
    await using job = await jobWith({ lfs: 'echo striped' }, { plan: { fileSystem: LUSTRE } })
    await layOut(job.context, job.plan, job.runDir, null)
    const calls = await job.calls()
    expect(calls.map((line) => line.split(' ')[1])).to.include.members([
      'getdirstripe',
      'getstripe',
    ])
    expect(calls.some((line) => / set\w*stripe /.test(line))).to.equal(false)
    expect(await readFile(join(job.runDir, 'layout.txt'), 'utf8')).to.include('striped')
  })

  it('that IO500 suggests is set on the top directories alone, folders before files', async () => {
    const plan = { fileSystem: LUSTRE, layout: 'suggested' }
    await using job = await jobWith({ lfs: '' }, { plan })
    await layOut(job.context, job.plan, job.runDir, null)
    const set = (await job.calls()).filter((line) => / set\w*stripe /.test(line))
    expect(set.map((line) => line.replaceAll(job.plan.dataDir, 'DATA'))).to.deep.equal([
      'lfs setdirstripe -D -c -1 DATA',
      'lfs setdirstripe -D -c -1 DATA/mdtest-easy',
      'lfs setdirstripe -D -c -1 DATA/mdtest-hard',
      'lfs setstripe -c 1 DATA',
      'lfs setstripe -c 1 DATA/ior-easy',
      'lfs setstripe -c -1 DATA/ior-hard',
      'lfs setstripe -E 64k -L mdt DATA/mdtest-easy',
      'lfs setstripe -E 64k -L mdt DATA/mdtest-hard',
    ])
    expect((await readdir(job.plan.dataDir)).sort()).to.deep.equal([...TOP_DIRECTORIES].sort())
  })

  it('goes on without what a site keeps for itself, and not without the rest', async () => {
    const plan = { fileSystem: LUSTRE, layout: 'suggested' }
    await using mild = await jobWith(
      { lfs: '[[ "$*" != *mdt* ]] || { echo "not permitted" >&2; exit 1; }' },
      { plan },
    )
    await layOut(mild.context, mild.plan, mild.runDir, null)
    expect(mild.said).to.include('layout: goes on without it: not permitted')
    await using hard = await jobWith(
      { lfs: '[[ $1 != setstripe ]] || { echo "no OSTs" >&2; exit 1; }' },
      { plan },
    )
    const error = await rejection(layOut(hard.context, hard.plan, hard.runDir, null))
    expect(error).to.include({ code: 'AIB_LAYOUT' })
    expect(error.evidence).to.match(/lfs setstripe -c 1 .*: no OSTs$/)
  })

  it('elsewhere than on Lustre there is none to set', async () => {
    await using job = await jobWith({ lfs: '' }, { plan: { layout: 'suggested' } })
    await layOut(job.context, job.plan, job.runDir, null)
    expect(await job.calls()).to.deep.equal([])
    expect(job.said.at(-1)).to.match(/only Lustre has a layout/)
  })

  it('of a file is made by its commands, in the data directory, with the top directories there', async () => {
    await using job = await jobWith(
      { lfs: '' },
      { plan: { fileSystem: LUSTRE, layout: '/home/u/layout.sh' } },
    )
    const file = join(job.runDir, 'layout.sh')
    await writeFile(file, 'lfs setstripe -c 8 ior-hard\n[[ -d ior-hard && $PWD == "$DATADIR" ]]\n')
    await layOut(job.context, job.plan, job.runDir, null)
    expect((await job.calls())[0]).to.equal('lfs setstripe -c 8 ior-hard')
    expect(job.said.join()).to.not.include('more than')
    await writeFile(file, 'mkdir ior-hard/below\n')
    await layOut(job.context, job.plan, job.runDir, null)
    expect(job.said.join()).to.match(/more than the four top directories/)
    await writeFile(file, 'echo wrong >&2; exit 3\n')
    const error = await rejection(layOut(job.context, job.plan, job.runDir, null))
    expect(error.evidence).to.match(/layout.sh: wrong$/)
  })
})
