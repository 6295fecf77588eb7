import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AmdSource } from '../../../src/lib/exporter/gpus/amd.js'
import type { GpuSeen } from '../../../src/lib/exporter/gpus/source.js'
import { temporaryFolder } from '../../support/surroundings.js'

/** As amdgpu lays its files out; no real card was at hand. */
async function withFiles(dir: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), `${text}\n`)
  }
}

function look(sys: string): GpuSeen[] | undefined {
  let seen: readonly GpuSeen[] | undefined
  const onLook = (_at: number, gpus: readonly GpuSeen[]) => (seen = gpus)
  AmdSource.open({ onLook, log: () => undefined, now: () => 0 }, sys)?.close()
  return seen && [...seen]
}

describe('GPUs by AMD', () => {
  it('are read from the files of the kernel’s driver, in the order of their cards', async () => {
    await using folder = await temporaryFolder()
    const card = (number: number) => `class/drm/card${number}/device`
    await withFiles(folder.path, {
      [`${card(10)}/vendor`]: '0x1002',
      [`${card(10)}/gpu_busy_percent`]: '7',
      [`${card(10)}/device`]: '0x740f',
      [`${card(2)}/vendor`]: '0x1002',
      [`${card(2)}/gpu_busy_percent`]: '93',
      [`${card(2)}/unique_id`]: '9f8e7d6c5b4a3928',
      [`${card(2)}/product_name`]: 'AMD Instinct MI210',
      [`${card(2)}/mem_info_vram_used`]: String(512 * 1024 * 1024),
      [`${card(2)}/mem_info_vram_total`]: String(64 * 1024 * 1024 * 1024),
      [`${card(2)}/hwmon/hwmon5/power1_average`]: '251000000',
      [`${card(2)}/hwmon/hwmon5/freq1_input`]: '1700000000',
      [`${card(2)}/hwmon/hwmon5/freq2_input`]: '1600000000',
      [`${card(2)}/hwmon/hwmon5/temp1_input`]: '51000',
      // What only draws, and another's.
      [`${card(0)}/vendor`]: '0x1002',
      [`${card(1)}/vendor`]: '0x10de',
      [`${card(1)}/gpu_busy_percent`]: '1',
    })
    const [first, second, ...more] = look(folder.path)!
    expect(more).to.deep.equal([])
    expect(first).to.deep.equal({
      ...{ index: '0', uuid: '0x9f8e7d6c5b4a3928', name: 'AMD Instinct MI210' },
      ...{ busyShare: 0.93, memoryUsedMiB: 512, memoryTotalMiB: 65536, powerW: 251 },
      ...{ smMHz: 1700, memoryMHz: 1600, temperatureC: 51, throttle: [] },
    })
    expect(second).to.include({ index: '1', uuid: 'card1', name: 'AMD GPU 0x740f', powerW: null })
  })

  it('are none where there is no such driver', () => {
    expect(look('/nowhere')).to.equal(undefined)
  })
})
