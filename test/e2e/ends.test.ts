import { expect } from 'chai'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { exists, listNames } from '../../src/lib/platform/files.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { pidOf, processesOf } from '../support/processes.js'
import { clock, temporaryFolder } from '../support/surroundings.js'
import { SIMULATED, vllmHome } from '../support/vllm-home.js'

/** Up to a deadline that only a hang reaches. */
async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300 && !(await probe()); i++) await clock.sleep(100)
}

/** Starts a Chroma that is this shell script. @returns the home's own commands */
async function homeWith(home: string, script: string) {
  const program = join(home, 'chroma')
  await writeFile(
    program,
    `#!/bin/bash\n[[ $1 == run ]] || { echo chroma 1.5.9; exit; }\n${script}\n`,
  )
  await chmod(program, 0o755)
  const env = { AIBENCH_SCHEDULER: 'local', AIBENCH_CHROMA_COMMAND: program }
  return async (...args: string[]) => envelopeOf(await aibench([...args, '--json'], { home, env }))
}

describe('how a server ended', function () {
  this.timeout(120_000)

  for (const [script, exitCode, signal] of [
    ['exit 3', 3, null],
    ['exit 130', 130, null],
    ['exit 137', 137, null],
    ['exit 255', 255, null],
    ['kill -KILL $$', null, 'KILL'],
    ['kill -SEGV $$', null, 'SEGV'],
  ] as const)
    it(`is told by how its process did: ${script}`, async () => {
      await using folder = await temporaryFolder()
      const run = await homeWith(folder.path, script)
      const { exitCode: code } = await run('chroma', 'start', '--open', '--wait')
      expect(code).to.equal(6)
      const [{ outcome }] = (await run('status')).data.instances
      expect(outcome).to.include({ kind: 'failed', exitCode, signal })
    })

  it('is not "by signal KILL" when its gate did', async () => {
    await using home = await vllmHome()
    const { runDir } = await home.start([...SIMULATED, '--expose'])
    const receipt = join(runDir, 'receipt.json')
    process.kill(pidOf(home.path, 'gate.js'), 'SIGKILL')
    await until(async () => (await readFile(receipt, 'utf8').catch(() => '')) !== '')
    expect(JSON.parse(await readFile(receipt, 'utf8'))).to.include({
      ...{ cause: 'exit', member: 'gate', exitCode: null, signal: 'KILL' },
    })
    const [{ outcome, detail }] = (await home.run(['status'])).data.instances
    expect(outcome.kind).to.equal('failed')
    expect(detail).to.equal('the gate ended, by signal KILL, and the server was ended with it')
    expect(processesOf(home.path)).to.deep.equal([])
  })

  it('leaves nothing when the job’s script is killed', async () => {
    await using home = await vllmHome()
    const { runDir } = await home.start([...SIMULATED, '--expose'])
    const scratch = (await readFile(join(runDir, 'scratch'), 'utf8')).trim()
    // Its supervisor would clean up too.
    process.kill(pidOf(home.path, 'local.sh'), 'SIGKILL')
    process.kill(pidOf(runDir, 'job.sh'), 'SIGKILL')
    await until(() => processesOf(home.path).length === 0)
    expect(processesOf(home.path)).to.deep.equal([])
    await until(async () => !(await exists(scratch)))
    expect(await exists(scratch)).to.equal(false)
  })
})

describe('a port that somebody else took first', function () {
  this.timeout(120_000)

  it('is not taken for the server’s: it starts on another', async () => {
    await using folder = await temporaryFolder()
    // Slow to bind, as a server that loads; what listens in between is not it.
    const run = await homeWith(
      folder.path,
      `port=$(sed -n 's/^port: //p' "$2"); sleep 3
exec ${process.execPath} -e 'require("net").createServer().on("error", (e) => { console.error("EADDRINUSE"); process.exit(0) }).listen(+process.argv[1], "127.0.0.1")' "$port"`,
    )
    const squatter = createServer((socket) => socket.end()).unref()
    let isTaken = false
    const taken = new Promise<number>((resolve) => {
      const timer = setInterval(async () => {
        const [runDir] = await listNames(join(folder.path, 'runs'))
        const file = join(folder.path, 'runs', runDir ?? '', 'server.yaml')
        const port = /^port: (\d+)/m.exec(await readFile(file, 'utf8').catch(() => ''))?.[1]
        if (port === undefined || isTaken) return
        isTaken = true
        clearInterval(timer)
        squatter.listen(Number(port), '127.0.0.1', () => resolve(Number(port)))
      }, 20)
    })
    const started = run('chroma', 'start', '--open')
    const port = await taken
    await started
    const [runDir] = await listNames(join(folder.path, 'runs'))
    const endpoint = join(folder.path, 'runs', runDir, 'endpoint.chroma.json')
    await until(() => exists(endpoint))
    expect(JSON.parse(await readFile(endpoint, 'utf8')).port).to.not.equal(port)
    squatter.close()
    await run('chroma', 'stop', '--force')
  })
})
