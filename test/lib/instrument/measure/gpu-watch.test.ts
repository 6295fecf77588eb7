import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GpuWatch, type GpuSample } from '../../../../src/lib/instrument/measure/gpu-watch.js'

/** A stand-in that says these lines, then waits as nvidia-smi does. */
function tool(folder: string, lines: readonly string[]): string {
  const path = join(folder, 'nvidia-smi')
  const script = [
    '#!/bin/bash',
    'echo "$*" >"$0.args"',
    'echo $$ >"$0.pid"',
    ...lines.map((line) => `echo '${line}'`),
    'while sleep 0.1; do echo; done',
  ]
  writeFileSync(path, script.join('\n'))
  chmodSync(path, 0o755)
  return path
}

const isAlive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0

async function until(seen: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !seen(); i++) await sleep(50)
}

describe('the watch on GPUs', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'aibench-gpus-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const LINES = [
    '0, GPU-aaaa, 41, 75807, 348.12',
    '1, GPU-bbbb, [N/A], [Not Supported], [N/A]',
    'Unable to determine the device handle for GPU0000:00:06.0: Unknown Error',
    '10, GPU-cccc, 0, 3, 74.33',
  ]
  const look = async (wanted: readonly string[] | null, count: number) => {
    const program = tool(folder, LINES)
    const watch = new GpuWatch(wanted, program)
    const looks: GpuSample[] = []
    try {
      await until(() => looks.push(...watch.take()) >= count)
    } finally {
      watch.close()
    }
    const pid = Number(readFileSync(`${program}.pid`, 'utf8'))
    await until(() => !isAlive(pid))
    expect(isAlive(pid), 'left behind').to.equal(false)
    return { looks, args: readFileSync(`${program}.args`, 'utf8').trim() }
  }

  it('reads what the tool says, and null for what it does not know; nothing is left of it', async () => {
    const { looks, args } = await look(null, 3)
    expect(looks).to.deep.equal([
      { index: '0', uuid: 'GPU-aaaa', busyShare: 0.41, memoryMiB: 75807, powerW: 348.12 },
      { index: '1', uuid: 'GPU-bbbb', busyShare: null, memoryMiB: null, powerW: null },
      { index: '10', uuid: 'GPU-cccc', busyShare: 0, memoryMiB: 3, powerW: 74.33 },
    ])
    expect(args).to.equal(
      '--query-gpu=index,uuid,utilization.gpu,memory.used,power.draw --format=csv,noheader,nounits --loop-ms=1000',
    )
  })

  it('keeps to the GPUs of the instance, by id or by index', async () => {
    const { looks } = await look(['GPU-bbbb', '10'], 2)
    expect(looks.map(({ uuid }) => uuid)).to.deep.equal(['GPU-bbbb', 'GPU-cccc'])
    expect((await look(['1'], 1)).looks.map(({ index }) => index)).to.deep.equal(['1'])
  })

  it('sees nothing where there is no such tool', async () => {
    const watch = new GpuWatch(null, join(folder, 'missing'))
    await sleep(50)
    expect(watch.take()).to.deep.equal([])
    watch.close()
  })

  it('does not outlive a process that was killed', async () => {
    const program = tool(folder, LINES)
    const source = join(import.meta.dirname, '../../../../src/lib/instrument/measure/gpu-watch.ts')
    const code = `import { GpuWatch } from ${JSON.stringify(source)}
      new GpuWatch(null, ${JSON.stringify(program)})
      setInterval(() => undefined, 1000)
      console.log('up')`
    const args = [...process.execArgv, '--import', 'tsx', '--input-type=module', '-e', code]
    const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(owner.stdout, 'data')
    const pid = () => {
      try {
        return Number(readFileSync(`${program}.pid`, 'utf8'))
      } catch {
        return 0
      }
    }
    await until(() => pid() > 0)
    expect(isAlive(pid())).to.equal(true)
    owner.kill('SIGKILL')
    await once(owner, 'close')
    await until(() => !isAlive(pid()))
    expect(isAlive(pid()), 'left behind').to.equal(false)
  })
})
