import { expect } from 'chai'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NvidiaSource } from '../../../src/lib/exporter/gpus/nvidia.js'
import { EnergyMeter, type GpuSeen } from '../../../src/lib/exporter/gpus/source.js'
import { clock, temporaryFolder } from '../../support/surroundings.js'

/** Of an H100 with driver 580.159.04, its id but for the form: idle, under full load, and idle with memory taken. */
const ROWS = {
  idle: '70.03, 345, 2619, 37, 0x0000000000000001',
  loaded: '691.44, 1515, 2619, 57, 0x0000000000000004',
}
const row = (busy: number, usedMiB: number, rest: string, index = 0) =>
  `${index}, GPU-0a1b2c3d-0000-0000-0000-00000000000${index}, NVIDIA H100 80GB HBM3, 580.159.04, ${busy}, ${usedMiB}, 81559, ${rest}`

interface Look {
  at: number
  gpus: readonly GpuSeen[]
}

/** What it says is what a program of these lines of bash says; $1 is the query. Ends once there are so many looks. */
async function looksOf(script: string, count: number) {
  await using folder = await temporaryFolder()
  const program = join(folder.path, 'nvidia-smi')
  await writeFile(program, `#!/bin/bash\n${script}\n`)
  await chmod(program, 0o755)
  const [looks, log]: [Look[], string[]] = [[], []]
  const source = await NvidiaSource.open(
    {
      onLook: (at, gpus) => looks.push({ at, gpus }),
      log: (line) => log.push(line),
      now: () => Date.now(),
    },
    program,
  )
  while (source && looks.length < count) await clock.sleep(20)
  source?.close()
  return { looks, log, driver: source?.driver }
}

describe('what nvidia-smi says', () => {
  it('is read as an H100 says it, idle and under load', async () => {
    const said = [row(0, 0, ROWS.idle), row(95, 883, ROWS.loaded)]
    const { looks, driver } = await looksOf(`printf '%s\\n' '${said.join("' '")}'; sleep 60`, 2)
    expect(driver).to.equal('580.159.04')
    expect(looks.map(({ gpus }) => gpus)).to.deep.equal([
      [
        {
          ...{ index: '0', uuid: 'GPU-0a1b2c3d-0000-0000-0000-000000000000' },
          ...{ name: 'NVIDIA H100 80GB HBM3', busyShare: 0, memoryUsedMiB: 0 },
          ...{ memoryTotalMiB: 81559, powerW: 70.03, smMHz: 345, memoryMHz: 2619 },
          // Bit 1 is idleness, which holds nothing back.
          ...{ temperatureC: 37, throttle: [] },
        },
      ],
      [
        {
          ...looks[0].gpus[0],
          ...{ busyShare: 0.95, memoryUsedMiB: 883, powerW: 691.44, smMHz: 1515 },
          ...{ temperatureC: 57, throttle: ['sw_power_cap'] },
        },
      ],
    ])
  })

  it('is asked in older words where the driver does not know a field', async () => {
    const { looks } = await looksOf(
      `case $1 in *clocks_event_reasons*) echo 'Field "clocks_event_reasons.active" is not a valid field to query.'; echo; exit 2;; esac
      case $1 in *clocks_throttle_reasons.active) echo '${row(95, 883, ROWS.loaded)}'; sleep 60;; esac`,
      1,
    )
    expect(looks[0].gpus[0].throttle).to.deep.equal(['sw_power_cap'])
  })

  it('is one look of all GPUs of a moment', async () => {
    const both = [0, 1].map((index) => row(95, 883, ROWS.loaded, index)).join("' '")
    const { looks } = await looksOf(`printf '%s\\n' '${both}' '${both}'; sleep 60`, 2)
    for (const { gpus } of looks) expect(gpus.map(({ index }) => index)).to.deep.equal(['0', '1'])
  })
})

describe('the energy of a GPU', () => {
  interface Recorded {
    at: number
    powerW: number
    /** By the card's own counter, which nvidia-smi does not tell. */
    hardwareJ: number
  }

  it('is what the counter of an H100 says, while its load comes and goes', async () => {
    const path = fileURLToPath(new URL('../../fixtures/gpus/h100-power.ndjson', import.meta.url))
    const recorded = (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded)
    const meter = new EnergyMeter()
    const told = recorded.map(({ at, powerW }) => meter.add(at, [gpu(powerW)]).gpus[0].energyJ!)
    for (const [index, { hardwareJ }] of recorded.entries())
      // No further off than a tenth of a second of full load, at any moment.
      expect(Math.abs(told[index] - hardwareJ), `${index}`).to.be.below(70)
    expect(told.at(-1)! / recorded.at(-1)!.hardwareJ).to.be.closeTo(1, 0.005)
  })

  it('has nothing of a long gap; a look without power goes with the next one', () => {
    const meter = new EnergyMeter()
    const told = (at: number, powerW: number | null) => meter.add(at, [gpu(powerW)]).gpus[0].energyJ
    expect([told(0, null), told(1_000, 300), told(2_000, 400)]).to.deep.equal([null, 0, 400])
    expect([told(3_000, null), told(4_000, 100)]).to.deep.equal([400, 600])
    expect([told(60_000, 700), told(61_000, 700)]).to.deep.equal([600, 1300])
  })
})

const gpu = (powerW: number | null): GpuSeen => ({
  ...{ index: '0', uuid: 'GPU-0', name: 'NVIDIA H100 80GB HBM3', busyShare: 1, throttle: [] },
  ...{ memoryUsedMiB: 0, memoryTotalMiB: 81559, smMHz: 1980, memoryMHz: 2619, temperatureC: 45 },
  powerW,
})
