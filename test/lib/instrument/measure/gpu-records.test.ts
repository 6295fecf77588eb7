import { expect } from 'chai'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GpuRecords } from '../../../../src/lib/instrument/measure/gpu-records.js'
import { temporaryFolder } from '../../../support/surroundings.js'

/** What two GPUs of a node were at a moment. */
function line(node: string, at: number, percent: number | null): string {
  const gpus = [0, 1].map((index) => ({
    index: String(index),
    uuid: `GPU-${node}-${index}`,
    name: 'NVIDIA H100',
    busyShare: percent === null ? null : percent / 100,
    memoryUsedMiB: 100,
    memoryTotalMiB: 81559,
    powerW: 300,
  }))
  return `${JSON.stringify({ at, gpus })}\n`
}

async function kept(...nodes: string[]) {
  const folder = await temporaryFolder()
  for (const node of nodes) {
    const record = { node, gpus: { vendor: 'nvidia', count: 2, driver: null } }
    await writeFile(join(folder.path, `exporter.${node}.json`), JSON.stringify(record))
    await writeFile(join(folder.path, `gpu.${node}.ndjson`), line(node, 1000, 99))
  }
  const add = (node: string, text: string) =>
    appendFile(join(folder.path, `gpu.${node}.ndjson`), text)
  return { folder, dir: folder.path, add }
}

describe('what exporters keep of GPUs', () => {
  it('is taken from all nodes in the order of time, from one call to the next', async () => {
    const { folder, dir, add } = await kept('n1', 'n2')
    await using _ = folder
    const records = (await GpuRecords.open(dir, null))!
    expect(await records.take()).to.deep.equal([])
    await add('n1', line('n1', 2000, 10) + line('n1', 3000, 20))
    await add('n2', line('n2', 2500, null))
    const looks = await records.take()
    expect(looks.map(({ uuid, busyShare }) => [uuid, busyShare])).to.deep.equal([
      ['GPU-n1-0', 0.1],
      ['GPU-n1-1', 0.1],
      ['GPU-n2-0', null],
      ['GPU-n2-1', null],
      ['GPU-n1-0', 0.2],
      ['GPU-n1-1', 0.2],
    ])
    expect(looks[0]).to.deep.equal({
      ...{ index: '0', uuid: 'GPU-n1-0', busyShare: 0.1, memoryMiB: 100, powerW: 300 },
    })
    expect(await records.take()).to.deep.equal([])
  })

  it('is of the GPUs of the instance, and of whole lines', async () => {
    const { folder, dir, add } = await kept('n1')
    await using _ = folder
    const records = (await GpuRecords.open(dir, ['GPU-n1-1']))!
    await records.take()
    const next = line('n1', 3000, 20)
    await add('n1', line('n1', 2000, 10) + next.slice(0, 50))
    expect((await records.take()).map(({ busyShare }) => busyShare)).to.deep.equal([0.1])
    await add('n1', next.slice(50) + 'no JSON\n')
    expect((await records.take()).map(({ busyShare }) => busyShare)).to.deep.equal([0.2])
  })

  it('goes on in a file that was begun anew, and in one that came later', async () => {
    const { folder, dir, add } = await kept('n1')
    await using _ = folder
    const records = (await GpuRecords.open(dir, null))!
    await records.take()
    await add('n1', line('n1', 2000, 10))
    await rename(join(dir, 'gpu.n1.ndjson'), join(dir, 'gpu.n1.ndjson.1'))
    await add('n1', line('n1', 3000, 20).slice(0, 60))
    await writeFile(join(dir, 'gpu.n2.ndjson'), line('n2', 3500, 30))
    expect((await records.take()).map(({ busyShare }) => busyShare)).to.deep.equal([
      ...[0.1, 0.1, 0.3, 0.3],
    ])
    await add('n1', line('n1', 3000, 20).slice(60))
    expect((await records.take()).map(({ busyShare }) => busyShare)).to.deep.equal([0.2, 0.2])
  })

  it('is nothing where no exporter has seen any', async () => {
    const { folder, dir } = await kept()
    await using _ = folder
    await writeFile(join(dir, 'exporter.n1.json'), JSON.stringify({ node: 'n1', gpus: null }))
    expect(await GpuRecords.open(dir, null)).to.equal(undefined)
    expect(await GpuRecords.open('/nowhere', null)).to.equal(undefined)
  })
})
