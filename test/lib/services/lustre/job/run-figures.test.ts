import { expect } from 'chai'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LiveReader } from '../../../../../src/lib/instrument/filesystem/live/read-live.js'
import { furtherFiguresOf } from '../../../../../src/lib/platform/exporter-files.js'
import type { JobContext } from '../../../../../src/lib/services/lustre/job/context.js'
import { figuresOf, tellFigures } from '../../../../../src/lib/services/lustre/job/run-figures.js'
import { Replay } from '../../../../support/live-replay.js'
import { readPage, recordedPage } from '../../../../support/recorded-metrics.js'
import { clock, temporaryFolder } from '../../../../support/surroundings.js'

const GIB = 2 ** 30
const doing = (phase: string) =>
  phase === 'ior-easy-write'
    ? { writeBytes: 2 * GIB, writeCalls: 1024 }
    : { files: 1500, readBytes: 10 }

/** The page as it was so many seconds after the start. */
async function pageAt(second: number): Promise<string> {
  await using folder = await temporaryFolder()
  const nodes = ['n1', 'n2'].map((name) => ({ name, doing }))
  const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
  await replay.to(second)
  const state = await new LiveReader(folder.path).look(replay.nowMs(second))
  return figuresOf(state, { run: 'r1', task: 'io500' })
}
const valuesOf = (text: string) => text.split('\n').filter((line) => !/^(#|$)/.test(line))

describe('the figures of a run', () => {
  it('tell its phase, and what its ranks did on all nodes', async () => {
    expect(valuesOf(await pageAt(150))).to.deep.equal([
      'aibench_run_info{run="r1",kind="filesystem",phase="ior-easy-write"} 1',
      'aibench_ranks_read_bytes_total{run="r1"} 0',
      `aibench_ranks_written_bytes_total{run="r1"} ${2 * 150 * 2 * GIB}`,
      'aibench_ranks_reads_total{run="r1"} 0',
      `aibench_ranks_writes_total{run="r1"} ${2 * 150 * 1024}`,
      'aibench_data_inodes_used{run="r1"} 1000',
    ])
  })

  it('tell what came out of the phases that have ended, in bytes and operations a second', async () => {
    const values = valuesOf(await pageAt(1257))
    expect(values[0]).to.include('phase="mdtest-easy-stat"')
    const written = values.find((line) => line.includes('bandwidth') && line.includes('easy-write'))
    const created = values.find(
      (line) => line.includes('operations') && line.includes('easy-write'),
    )
    expect(Number(written?.split(' ')[1])).to.be.within(GIB / 100, 10_000 * GIB)
    expect(Number(created?.split(' ')[1])).to.be.within(1000, 1e9)
    expect(values.filter((line) => line.includes('_operations_'))).to.not.match(/phase="ior/)
  })

  it('have the names by which the dashboards ask for them', async () => {
    const told = [...readPage(await pageAt(1257)).keys()].sort()
    const recorded = [...recordedPage('filesystem-run').keys()].sort()
    expect(told).to.deep.equal(recorded)
  })

  it('lie where the exporter reads them, as long as the run goes on; and nowhere without one', async () => {
    await using folder = await temporaryFolder()
    const replay = await Replay.of(folder.path, 'valid-300s')
    await replay.to(10)
    const said: string[] = []
    const context = {
      clock,
      environment: { variables: { SLURMD_NODENAME: 'n1' } },
      say: (text: string) => said.push(text),
    } as unknown as JobContext
    const file = join(folder.path, 'progress', furtherFiguresOf('n1'))
    const run = { id: 'r1', task: 'io500' } as const

    await tellFigures(context, run, folder.path).end()
    expect(await readFile(file, 'utf8').catch(() => 'none')).to.equal('none')

    await writeFile(join(folder.path, 'exporter'), 'node\n')
    await mkdir(join(folder.path, 'progress'), { recursive: true })
    const figures = tellFigures(context, run, folder.path)
    for (let i = 0; i < 600 && !(await readFile(file).catch(() => null)); i++) await clock.sleep(20)
    await figures.end()
    expect(await readFile(file, 'utf8')).to.include('phase="ior-easy-write"')
    expect(said).to.deep.equal([])
  })
})
