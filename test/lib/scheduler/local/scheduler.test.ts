import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processesWith, systemProcesses } from '../../../../src/lib/platform/processes.js'
import type { Sighting } from '../../../../src/lib/scheduler/contract.js'
import { createLocalScheduler } from '../../../../src/lib/scheduler/local/scheduler.js'
import { ROOT } from '../../../support/cli.js'
import { clock, environmentIn, temporaryFolder } from '../../../support/surroundings.js'

/** A job that notes each of its runs and lives until it is told. */
async function heldJob(folder: string, variables: Record<string, string> = {}) {
  const runDir = join(folder, 'run')
  await mkdir(runDir)
  // What runs is the script beside the supervisor: here this one.
  const scripts = join(folder, 'install', 'slurm')
  await mkdir(scripts, { recursive: true })
  await copyFile(join(ROOT, 'slurm', 'local.sh'), join(scripts, 'local.sh'))
  await writeFile(join(scripts, 'job.sh'), 'echo ran >>"$1/runs"; exec sleep 60\n')
  await writeFile(join(runDir, 'job.sh'), 'never run\n')
  const scheduler = createLocalScheduler({
    ...{ clock, processes: systemProcesses },
    environment: { ...environmentIn(folder, variables), installDir: join(folder, 'install') },
  })
  const job = { name: 'j', token: 't', runDir, resources: { nodes: 1, timeLimitMs: 60_000 } }
  const { id } = await scheduler.submitHeld(job)
  const identity = { id, token: 't', name: 'aibench-j', runDir, cluster: null }
  return { scheduler, id, identity, runDir, plan: scheduler.plan(job).argv }
}

const jobIn = (sighting: Sighting | undefined) =>
  sighting?.kind === 'seen' ? sighting.job : sighting
const runsOf = async (runDir: string) =>
  (await readFile(join(runDir, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1
const alive = (id: string) => processesWith(`AIBENCH_LOCAL_JOB_ID=${id}`)

/** However busy the machine is. */
async function untilRun(runDir: string): Promise<void> {
  for (let i = 0; i < 400 && (await runsOf(runDir)) === 0; i++) await clock.sleep(50)
}

async function untilGone(id: string): Promise<number[]> {
  for (let i = 0; i < 50 && (await alive(id)).length > 0; i++) await clock.sleep(100)
  return alive(id)
}

describe('a job of the local scheduler', () => {
  it('that several let go at the same time runs once', async () => {
    await using folder = await temporaryFolder()
    const { scheduler, id, identity, runDir } = await heldJob(folder.path)
    await Promise.all(Array.from({ length: 6 }, () => scheduler.release(identity)))
    await untilRun(runDir)
    await clock.sleep(500)
    expect(await runsOf(runDir)).to.equal(1)
    await scheduler.cancel(identity, 'KILL')
    expect(await untilGone(id)).to.deep.equal([])
  })

  it('runs once also where there are no hard links', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'ln'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const PATH = `${folder.path}:${process.env.PATH}`
    const { scheduler, id, identity, runDir } = await heldJob(folder.path, { PATH })
    await Promise.all(Array.from({ length: 6 }, () => scheduler.release(identity)))
    await untilRun(runDir)
    await clock.sleep(500)
    expect(await runsOf(runDir)).to.equal(1)
    const { sightings } = await scheduler.poll([identity])
    expect(jobIn(sightings.get('t'))).to.include({ state: 'running' })
    const names = (await readdir(join(folder.path, 'local'))).sort()
    expect(names).to.deep.equal([`${id}.claim`, `${id}.json`])
    await scheduler.cancel(identity, 'KILL')
    expect(await untilGone(id)).to.deep.equal([])
  })

  it('whose starter was killed before it could record the start is seen to run, and is ended', async () => {
    await using folder = await temporaryFolder()
    const { scheduler, id, identity, runDir, plan } = await heldJob(folder.path)
    const [program, ...args] = plan.map((word) => word.replace('local-ID', id))
    spawn(program, args, { detached: true, stdio: 'ignore' }).unref()
    while ((await runsOf(runDir)) === 0) await clock.sleep(20)
    const { sightings } = await scheduler.poll([identity])
    expect(jobIn(sightings.get('t'))).to.include({ state: 'running' })
    await scheduler.release(identity)
    await clock.sleep(300)
    expect(await runsOf(runDir)).to.equal(1)
    await scheduler.cancel(identity, 'KILL')
    expect(await untilGone(id)).to.deep.equal([])
  })

  it('that was cancelled before its supervisor began never runs', async () => {
    await using folder = await temporaryFolder()
    const { scheduler, id, identity, runDir, plan } = await heldJob(folder.path)
    await scheduler.cancel(identity, 'TERM')
    const [program, ...args] = plan.map((word) => word.replace('local-ID', id))
    await once(spawn(program, args, { stdio: 'ignore' }), 'close')
    expect(await runsOf(runDir)).to.equal(0)
    const { sightings } = await scheduler.poll([identity])
    expect(jobIn(sightings.get('t'))).to.include({ state: 'ended' })
  })

  it('that runs is not forgotten, whatever the clock says', async () => {
    await using folder = await temporaryFolder()
    const { scheduler, id, identity, runDir } = await heldJob(folder.path)
    await scheduler.release(identity)
    while ((await runsOf(runDir)) === 0) await clock.sleep(20)
    const ahead = { ...clock, now: () => new Date(Date.now() + 30 * 86_400_000) }
    const later = createLocalScheduler({
      clock: ahead,
      processes: systemProcesses,
      environment: environmentIn(folder.path),
    })
    const resources = { nodes: 1, timeLimitMs: 60_000 }
    await later.submitHeld({ name: 'k', token: 'u', runDir, resources })
    const { sightings } = await later.poll([identity])
    expect(jobIn(sightings.get('t'))).to.include({ state: 'running' })
    await scheduler.cancel(identity, 'KILL')
    expect(await untilGone(id)).to.deep.equal([])
  })
})

describe('a step on this machine', () => {
  it('is the command itself, or so many of it at once, and fails when one of them does', async () => {
    await using folder = await temporaryFolder()
    const { scheduler, identity } = await heldJob(folder.path)
    expect(scheduler.step(identity, ['ior'])).to.deep.equal(['ior'])
    const script = 'echo $SLURM_PROCID of $SLURM_NTASKS; ((SLURM_PROCID != 1)) || exit 3'
    const [program, ...args] = scheduler.step(identity, ['bash', '-c', script], { tasks: 3 })
    const { stdout, exitCode } = await systemProcesses.run(program, args, { timeoutMs: 20_000 })
    expect(stdout.trim().split('\n').sort()).to.deep.equal(['0 of 3', '1 of 3', '2 of 3'])
    expect(exitCode).to.equal(3)
  })
})
