import { expect } from 'chai'
import type { Context } from 'mocha'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needs } from '../support/require.js'
import { clock } from '../support/surroundings.js'
import { envelopeOf, ROOT, type Ended, type Envelope } from '../support/cli.js'
import { realChroma } from '../support/chroma.js'

const SCRIPT = fileURLToPath(new URL('cluster.sh', import.meta.url))
export const USER = 'aibtest'

/** A benchmark of seconds. */
export const QUICK_BENCH = [
  ...['--vectors', '1000', '--dim', '32', '--queries', '100', '--duration', '400ms'],
  ...['--repeats', '1', '--concurrency', '1,4'],
]

/** What is missing for a cluster, in words; empty when it can be brought up. */
function missingForCluster(): string {
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  const programs = ['slurmctld', 'slurmd', 'sbatch', 'munged', 'ip', 'nsenter', 'runuser']
  const absent = programs.filter((name) => spawnSync('which', [name]).status !== 0)
  return absent.length === 0 ? '' : `not installed: ${absent.join(' ')}`
}

export function needsSlurm(test: Context): void {
  const missing = missingForCluster()
  needs(test, 'slurm', missing === '', missing)
}

export interface RunOptions {
  env?: Record<string, string>
  /** In a process group of its own, as a shell does it: what a terminal sends reaches all of it. */
  ownGroup?: boolean
  during?(child: ChildProcess): void
}

/** Empty for a process that has ended meanwhile. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

/** A real Slurm of some nodes on this machine, and an ordinary user on it. */
export class Cluster {
  readonly dir = mkdtempSync(join(tmpdir(), 'aibench-cluster-'))
  /** The user's AIBENCH_HOME, seen by all nodes. */
  home = join(this.dir, 'home')
  readonly #program = join(this.dir, 'aibench')
  #chroma = ''

  /** @param root of the tree whose built program is run */
  constructor(readonly root = ROOT) {}

  /** Up before the tests of the suite it is called in, down after them; each test has a state of its own and leaves no job. */
  static forTests({ nodes = 3, minJobAgeS = 300, root = ROOT } = {}): Cluster {
    const cluster = new Cluster(root)
    let number = 0
    before(async function () {
      needsSlurm(this)
      this.timeout(120_000)
      await cluster.#up(nodes, minJobAgeS)
    })
    beforeEach(() => void cluster.freshHome(`home${number++}`))
    afterEach(async () => {
      for (const line of cluster.jobs())
        // It may end by itself meanwhile.
        spawnSync('scancel', ['--signal=KILL', '--full', line.split(' ')[0]], {
          env: { ...process.env, SLURM_CONF: cluster.slurmConf },
        })
      expect(await cluster.untilNoJobs()).to.deep.equal([])
    })
    after(() => cluster[Symbol.dispose]())
    return cluster
  }

  async #up(nodes: number, minJobAgeS: number): Promise<void> {
    chmodSync(this.dir, 0o755)
    this.#script('up', String(nodes), String(minJobAgeS))
    await this.#prepareUser()
  }

  /** The bundle and the server where every user can read them. */
  async #prepareUser(): Promise<void> {
    if (spawnSync('id', [USER]).status !== 0) spawnSync('useradd', ['-m', USER])
    for (const name of [
      'bin',
      'dist',
      'slurm',
      'dashboards',
      'package.json',
      'oclif.manifest.json',
    ])
      cpSync(join(this.root, name), join(this.#program, name), { recursive: true })
    const { command, why } = await realChroma()
    if (!command) throw new Error(why)
    const server = join(this.dir, 'chroma')
    cpSync(dirname(command), server, { recursive: true })
    // The Python that it was installed with may be in a home that others can't enter.
    const launcher = readFileSync(join(server, 'chroma'), 'utf8')
    writeFileSync(
      join(server, 'chroma'),
      launcher.replace(
        /PYTHONPATH='[^']*' exec '[^']*'/,
        `PYTHONPATH='${server}' exec /usr/bin/python3`,
      ),
    )
    spawnSync('chmod', ['-R', 'a+rX', this.#program, server])
    this.#chroma = join(server, 'chroma')
    this.freshHome('home')
  }

  get slurmConf(): string {
    return join(this.dir, 'slurm.conf')
  }

  /** A state of its own for a test. */
  freshHome(name: string): string {
    this.home = join(this.dir, name)
    mkdirSync(this.home, { recursive: true })
    spawnSync('chown', [USER, this.home])
    chmodSync(this.home, 0o700)
    return this.home
  }

  /** Runs aibench as the ordinary user. */
  async run(
    args: readonly string[],
    { env = {}, ownGroup = false, during }: RunOptions = {},
  ): Promise<Ended> {
    const settings = {
      HOME: `/home/${USER}`,
      USER,
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      SLURM_CONF: this.slurmConf,
      AIBENCH_HOME: this.home,
      AIBENCH_CHROMA_COMMAND: this.#chroma,
      AIBENCH_SLURM_TIMEOUT: '20s',
      AIBENCH_SLURM_RETRIES: '',
      NO_COLOR: '1',
      ...env,
    }
    const child = spawn(
      'runuser',
      ['-u', USER, '--', process.execPath, join(this.#program, 'bin/run.js'), ...args],
      {
        cwd: this.home,
        env: settings,
        detached: ownGroup,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    during?.(child)
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { code, signal, stdout, stderr }
  }

  async json(args: readonly string[], options?: RunOptions): Promise<Envelope> {
    return envelopeOf(await this.run([...args, '--json'], options))
  }

  /** Any command against this cluster, as root. */
  slurm(command: string, ...args: string[]): string {
    const { stdout, stderr, status } = spawnSync(command, args, {
      env: { ...process.env, SLURM_CONF: this.slurmConf },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  asUser(command: string, ...args: string[]): string {
    return this.slurm('runuser', '-u', USER, '--', command, ...args)
  }

  /** A line of the user's shell on a node. */
  onNode(node: string, line: string): string {
    const enter = [`--net=/run/netns/${node}`, 'runuser', '-u', USER, '--', 'bash', '-c', line]
    return spawnSync('nsenter', enter, { encoding: 'utf8' }).stdout
  }

  /** `id state comment` of all jobs that have not ended. */
  jobs(): string[] {
    return this.slurm('squeue', '-h', '-o', '%i %t %k').split('\n').filter(Boolean)
  }

  /** Waits for the end of all jobs. @returns those that don't end */
  async untilNoJobs(): Promise<string[]> {
    for (let i = 0; i < 200 && this.jobs().length > 0; i++) await clock.sleep(100)
    return this.jobs()
  }

  /**
   * Puts a running job back into the queue. Slurm would hold it there for two minutes, unless it is told when it may begin. Within the
   * second of its requeue slurmd would take it for the job that it has just ended: "Job credential revoked".
   */
  async requeue(jobId: string): Promise<void> {
    this.slurm('scontrol', 'requeue', jobId)
    const waits = () => this.jobs().some((line) => line.startsWith(`${jobId} PD `))
    for (let i = 0; i < 600 && !waits(); i++) await clock.sleep(100)
    this.slurm('scontrol', 'update', `JobId=${jobId}`, 'StartTime=now+3')
  }

  /** Signals a command of {@link run}, not the `runuser` around it. */
  killCommand({ pid }: ChildProcess, signal = 'KILL'): void {
    spawnSync('pkill', [`-${signal}`, '-P', String(pid)])
  }

  /** Processes of the user that run this program for this cluster. */
  pidsOf(program: string): number[] {
    const { stdout } = spawnSync('ps', ['-u', USER, '-o', 'pid=,comm=,args='], { encoding: 'utf8' })
    return stdout.split('\n').flatMap((line) => {
      const [pid, name] = line.trim().split(/\s+/)
      return name === program && line.includes(this.dir) ? [Number(pid)] : []
    })
  }

  /** Kills the server of a run directory, not its script. */
  killServer(runDir: string, member = 'chroma'): void {
    const { pid } = JSON.parse(readFileSync(join(runDir, `endpoint.${member}.json`), 'utf8')) as {
      pid: number
    }
    process.kill(pid, 'SIGKILL')
  }

  #controllerPid(): number {
    return Number(readFileSync(join(this.dir, 'slurmctld.pid'), 'utf8'))
  }

  stall(): void {
    process.kill(this.#controllerPid(), 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.#controllerPid(), 'SIGCONT')
  }

  async killController(): Promise<void> {
    const pid = this.#controllerPid()
    process.kill(pid, 'SIGKILL')
    while (existsSync(`/proc/${pid}`)) await clock.sleep(50)
  }

  startController(): void {
    this.#script('controller')
  }

  killNode(number: number): void {
    this.#script('node-down', String(number))
  }

  startNode(number: number): void {
    this.#script('node-up', String(number))
  }

  /** Processes of the user that came from this cluster: their command line or environment names it. */
  leftovers(): string[] {
    const { stdout } = spawnSync('ps', ['-u', USER, '-o', 'pid=,args='], { encoding: 'utf8' })
    return stdout.split('\n').filter((line) => {
      const [, pid, args] = /^ *(\d+) (.*)$/.exec(line) ?? []
      return pid !== undefined && (args + environmentOf(pid)).includes(this.dir)
    })
  }

  #script(...args: [string, ...string[]]): void {
    const [verb, ...rest] = args
    const { status, stderr } = spawnSync(SCRIPT, [verb, this.dir, ...rest], { encoding: 'utf8' })
    if (status !== 0 && verb !== 'down') throw new Error(`cluster.sh ${args.join(' ')}: ${stderr}`)
  }

  [Symbol.dispose](): void {
    this.#script('down')
    rmSync(this.dir, { recursive: true, force: true })
  }
}
