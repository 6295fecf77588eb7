import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseLauncher } from '../../../../../src/lib/services/lustre/job/launcher.js'
import { jobWith } from '../../../../support/job-context.js'
import { rejection } from '../../../../support/surroundings.js'

/** The tiny run of io500: says its version, and in its results how many processes it is. */
const SAYS = (procs: number) => `ini=\${@: -2:1}
results=$(sed -n 's/^resultdir *= *//p' "$ini")
mkdir -p "$results"
echo 'procs = ${procs}' >"$results/result.txt"
echo 'IO500 version io500-fake (standard)'`

const OPEN_MPI = (otherwise: string) => `if [[ $1 == --version ]]; then
  echo 'mpirun (Open MPI) 4.1.4'
  exit
fi
${otherwise}`

const SRUN = (pmix: string, pmi2: string) => `case $1 in
--mpi=list) printf 'MPI plugin types are...\\n\\tpmix\\n\\tpmi2\\n\\tnone\\n' ;;
--mpi=pmix) ${pmix} ;;
--mpi=pmi2) ${pmi2} ;;
esac`

const IN_SLURM = { variables: { SLURM_JOB_ID: '7' }, plan: { scheduler: 'slurm' as const } }

describe('the launcher of a run', () => {
  it('is the first with which the program is as many processes as were asked for', async () => {
    await using job = await jobWith({ mpirun: OPEN_MPI(SAYS(4)) })
    const { launcher } = await chooseLauncher(job.context, job.plan, job.runDir)
    expect(launcher.name).to.equal('mpirun')
    const call = (await job.calls()).find((line) => line.includes('-np'))!
    expect(call).to.match(/^mpirun -np 4 --map-by ppr:4:node --oversubscribe .*io500 .*--dry-run$/)
    expect(job.said).to.include('launcher: mpirun starts 4 processes on one node')
  })

  it('is the next where processes do not know each other', async () => {
    const singletons = 'for i in 1 2 3 4; do echo "IO500 version io500-fake (standard)"; done'
    await using job = await jobWith(
      { mpirun: OPEN_MPI(singletons), srun: SRUN('exit 1', SAYS(4)) },
      IN_SLURM,
    )
    const { launcher } = await chooseLauncher(job.context, job.plan, job.runDir)
    expect(launcher.name).to.equal('srun --mpi=pmi2')
    const { tried } = JSON.parse(await readFile(join(job.runDir, 'launcher.json'), 'utf8'))
    expect(tried.map(({ name }: { name: string }) => name)).to.deep.equal([
      ...['mpirun', 'srun --mpi=pmix', 'srun --mpi=pmi2'],
    ])
    expect(tried[0].why).to.match(/4 processes were asked for.*4 times as one process each/)
    expect(tried[1].why).to.equal('it ended with exit code 1')
    expect(tried[2].why).to.equal(null)
  })

  it('that worked last is tried first, and nothing else', async () => {
    await using job = await jobWith(
      { mpirun: OPEN_MPI('exit 1'), srun: SRUN('exit 1', SAYS(4)) },
      IN_SLURM,
    )
    await chooseLauncher(job.context, job.plan, job.runDir)
    const before = (await job.calls()).length
    await chooseLauncher(job.context, job.plan, job.runDir)
    const again = (await job.calls()).slice(before).filter((line) => line.includes('--dry-run'))
    expect(again).to.have.length(1)
    expect(again[0]).to.include('--mpi=pmi2')
  })

  it('that refuses root is told with the way out', async () => {
    const refusal = 'echo "mpirun has detected an attempt to run as root." >&2; exit 1'
    await using job = await jobWith({ mpirun: OPEN_MPI(refusal) })
    const error = await rejection(chooseLauncher(job.context, job.plan, job.runDir))
    expect(error).to.include({ code: 'AIB_LAUNCHER', exitCode: 3 })
    expect(error.evidence).to.match(/^mpirun: Open MPI refuses to start anything for root/)
    expect(error.hints).to.include('run aibench as an ordinary user')
  })

  it('is none where none works: each is told with its reason', async () => {
    await using job = await jobWith(
      {
        mpirun: OPEN_MPI('echo "There are not enough slots available" >&2; exit 1'),
        srun: SRUN('echo "PMIX ERROR: NOT-FOUND" >&2; exit 1', SAYS(1)),
      },
      IN_SLURM,
    )
    const error = await rejection(chooseLauncher(job.context, job.plan, job.runDir))
    expect(error.evidence)
      .to.match(/mpirun: the allocation has fewer slots/)
      .and.match(/srun --mpi=pmix: the program’s MPI does not understand this launcher/)
      .and.match(/srun --mpi=pmi2: 4 processes were asked for, and the program was 1/)
  })

  it('is none where there is nothing to start with', async () => {
    await using job = await jobWith({})
    const error = await rejection(chooseLauncher(job.context, job.plan, job.runDir))
    expect(error.evidence).to.equal('neither mpirun nor an MPI plugin of srun is there')
  })
})
