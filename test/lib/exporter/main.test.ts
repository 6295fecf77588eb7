import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  ExporterPlan,
  ExporterRecord,
  GpuLook,
} from '../../../src/lib/platform/exporter-files.js'
import { readJsonIfThere } from '../../../src/lib/platform/files.js'
import { makeTokenFile } from '../../../src/lib/platform/token-file.js'
import { fakeNvidiaSmi } from '../../support/gpus.js'
import { clock, temporaryFolder } from '../../support/surroundings.js'

const MAIN = fileURLToPath(new URL('../../../src/lib/exporter/main.ts', import.meta.url))

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let i = 0; i < 600; i++) {
    const found = await look()
    if (found !== undefined) return found
    await clock.sleep(50)
  }
  throw new Error('it did not come')
}

interface Setup {
  members?: ExporterPlan['members']
  gpus?: Parameters<typeof fakeNvidiaSmi>[1]
  toolFails?: string
}

/** The exporter as a job runs it: a process of its own, on a node called `n1`. */
async function started({ members = {}, gpus, toolFails }: Setup = {}) {
  const folder = await temporaryFolder()
  const runDir = join(folder.path, 'run')
  await mkdir(runDir)
  const token = await makeTokenFile(join(runDir, 'exporter.token'))
  const plan: ExporterPlan = { listen: 'loopback', members }
  await writeFile(join(runDir, 'exporter.json'), JSON.stringify(plan))
  const path = gpus ? fakeNvidiaSmi(folder.path, gpus, toolFails) : '/nowhere'
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, runDir, 'n1', '192.0.2.1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: gpus ? `${path}:${process.env.PATH}` : path },
  })
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += String(chunk)))
  const record = async () =>
    (await readJsonIfThere(join(runDir, 'exporter.n1.json'))) as ExporterRecord | undefined
  const { port } = await until(record)
  const get = async (path: string, authorization = `Bearer ${token}`) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } })
  return {
    runDir,
    child,
    record,
    get,
    page: async (path: string) => (await get(path)).text(),
    err: () => err,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function startServer() {
  const seen: (string | undefined)[] = []
  const server = createServer((request, answer) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    answer.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
    answer.end('figure 1\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => void server.close(),
  }
}

describe('the exporter of a node', function () {
  this.timeout(60_000)

  it('says where it listens, answers whoever has the token, and TERM ends it with no file left', async () => {
    await using exporter = await started()
    expect(await exporter.record()).to.deep.include({ node: 'n1', host: '127.0.0.1', gpus: null })
    for (const authorization of ['', 'Bearer wrong', 'Basic eDp5'])
      for (const path of ['/metrics', '/member/x/metrics', '/', '/health'])
        expect((await exporter.get(path, authorization)).status).to.equal(401)
    expect((await exporter.get('/else')).status).to.equal(404)
    expect(await exporter.page('/metrics'))
      .to.match(/^node_cpu_seconds_total\{cpu="0",mode="idle"\} [\d.]+$/m)
      .and.match(/^node_memory_MemTotal_bytes \d+$/m)
      .and.match(/^node_uname_info\{.*nodename="n1"\} 1$/m)
      .and.match(/^process_resident_memory_bytes \d+$/m)
    const ended = once(exporter.child, 'exit')
    exporter.child.kill('SIGTERM')
    expect(await ended).to.deep.equal([0, null])
    expect(existsSync(join(exporter.runDir, 'exporter.n1.json'))).to.equal(false)
  })

  it('tells what the program of the job tells of itself, while it does', async () => {
    await using exporter = await started()
    const figure = 'aibench_run_info{run="r1",phase="stat"} 1\n'
    expect(await exporter.page('/metrics')).to.not.include('aibench_run_info')
    await mkdir(join(exporter.runDir, 'progress'))
    const file = join(exporter.runDir, 'progress', 'figures.n1.prom')
    await writeFile(file, figure)
    expect((await exporter.page('/metrics')).endsWith(figure)).to.equal(true)
    await rm(file)
    expect(await exporter.page('/metrics')).to.not.include('aibench_run_info')
  })

  it('passes on what a member tells, with its secret, once that has said where it listens', async () => {
    using server = await startServer()
    const secret = { kind: 'bearer', file: 'api.token' } as const
    await using exporter = await started({ members: { toy: { path: '/figures', secret } } })
    expect((await exporter.get('/member/toy/metrics')).status).to.equal(503)
    const key = await makeTokenFile(join(exporter.runDir, 'api.token'))
    const endpoint = join(exporter.runDir, 'endpoint.toy.json')
    const place = { host: '127.0.0.1', port: server.port, node: 'n1' }
    await writeFile(endpoint, JSON.stringify(place))
    await until(async () => ((await exporter.record())!.members.length > 0 ? true : undefined))
    expect((await exporter.record())!.members).to.deep.equal([
      { name: 'toy', path: '/member/toy/metrics' },
    ])
    const answer = await exporter.get('/member/toy/metrics')
    expect(await answer.text()).to.equal('figure 1\n')
    expect(answer.headers.get('content-type')).to.equal('text/plain; version=0.0.4')
    expect(server.seen).to.deep.equal([`/figures Bearer ${key}`])
    await rm(endpoint)
    await until(async () => ((await exporter.record())!.members.length === 0 ? true : undefined))
    expect(exporter.err()).to.not.include(key)
  })

  it('leaves a member of another node to the exporter there, and says when one does not answer', async () => {
    await using exporter = await started({
      members: { here: { path: '/m', secret: null }, there: { path: '/m', secret: null } },
    })
    const at = (name: string, node: string) =>
      writeFile(
        join(exporter.runDir, `endpoint.${name}.json`),
        JSON.stringify({ host: '127.0.0.1', port: 1, node }),
      )
    await at('there', 'n2')
    await at('here', 'n1')
    await until(async () => ((await exporter.record())!.members.length > 0 ? true : undefined))
    expect((await exporter.record())!.members.map(({ name }) => name)).to.deep.equal(['here'])
    expect((await exporter.get('/member/here/metrics')).status).to.equal(502)
    expect((await exporter.get('/member/there/metrics')).status).to.equal(503)
  })

  it('keeps a line a look of all GPUs of the node, and tells them', async () => {
    await using exporter = await started({ gpus: [{ usedMiB: 100 }, { usedMiB: 200 }] })
    const record = await until(async () => {
      const found = await exporter.record()
      return found?.gpus?.count === 2 ? found : undefined
    })
    expect(record.gpus).to.deep.equal({ vendor: 'nvidia', count: 2, driver: '580.159.04' })
    const lines = await until(async () => {
      const text = await readFile(join(exporter.runDir, 'gpu.n1.ndjson'), 'utf8').catch(() => '')
      const all = text.trim().split('\n')
      return all.length >= 3 ? all : undefined
    })
    const looks = lines.map((line) => JSON.parse(line) as GpuLook)
    for (const { gpus } of looks) expect(gpus.map(({ index }) => index)).to.deep.equal(['0', '1'])
    const { energyJ, ...first } = looks[0].gpus[0]
    expect(energyJ).to.equal(0)
    expect(first).to.deep.equal({
      index: '0',
      uuid: 'GPU-0000000-aaaa',
      name: 'NVIDIA H100 80GB HBM3',
      busyShare: 0.41,
      memoryUsedMiB: 100,
      memoryTotalMiB: 81559,
      powerW: 348.12,
      smMHz: 1980,
      memoryMHz: 2619,
      temperatureC: 45,
      throttle: ['sw_power_cap'],
    })
    const [one, two] = [looks[0], looks[1]]
    expect(two.gpus[0].energyJ).to.be.closeTo((348.12 * (two.at - one.at)) / 1000, 0.001)
    const page = await exporter.page('/metrics')
    const labels = 'gpu="1",uuid="GPU-0000001-aaaa",gpu_name="NVIDIA H100 80GB HBM3"'
    for (const line of [
      `aibench_gpu_busy_ratio{${labels}} 0.41`,
      `aibench_gpu_memory_used_bytes{${labels}} ${200 * 1024 * 1024}`,
      `aibench_gpu_power_watts{${labels}} 348.12`,
      `aibench_gpu_sm_clock_hertz{${labels}} 1980000000`,
      `aibench_gpu_throttled{${labels},reason="sw_power_cap"} 1`,
      `aibench_gpu_throttled{${labels},reason="hw_slowdown"} 0`,
    ])
      expect(page.split('\n')).to.include(line)
  })

  it('has figures of the node where the tool for GPUs fails, and says so', async () => {
    await using exporter = await started({ gpus: [{}], toolFails: 'no devices were found' })
    await until(() => (exporter.err().includes('no GPUs here') ? true : undefined))
    expect(exporter.err()).to.include('nvidia-smi is there and says nothing that can be read')
    expect(await exporter.page('/metrics')).to.not.include('aibench_gpu')
    expect(existsSync(join(exporter.runDir, 'gpu.n1.ndjson'))).to.equal(false)
  })
})
