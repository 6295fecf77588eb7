import type { Context } from 'mocha'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A test of times. It says nothing on a machine that is busy with something else: what others used of its processors is measured before it
 * and beside it. Where that was too much the test is skipped, or what it found is not believed, and it says so.
 */
export function timed(title: string, body: (this: Context) => unknown): void {
  it(title, async function () {
    const before = await busyWhile(() => sleep(LOOK_MS))
    if (before.cores > MOST_CORES) return skip(this, before.cores, 'before it')
    let failure: { error: unknown } | undefined
    const during = await busyWhile(async () => {
      try {
        await body.call(this)
      } catch (error) {
        failure = { error }
      }
    })
    if (!failure) return
    if (during.cores > MOST_CORES) return skip(this, during.cores, 'meanwhile; it failed')
    throw failure.error
  })
}

const LOOK_MS = 300
/** A quarter of a core: a process that wakes up now and then. */
const MOST_CORES = 0.25

function skip(test: Context, cores: number, when: string): void {
  const all = availableParallelism()
  console.log(`      too busy: others used ${cores.toFixed(1)} of ${all} cores ${when}`)
  test.skip()
}

/** How many processors others than this process and its children used, on the average. Linux; elsewhere 0. */
async function busyWhile(work: () => Promise<unknown>): Promise<{ cores: number }> {
  const [begun, startMs] = [othersTicks(), performance.now()]
  await work()
  const ticks = othersTicks() - begun
  return { cores: ticks / TICKS_PER_S / ((performance.now() - startMs) / 1000) }
}

/** USER_HZ, which Linux fixes for what it tells user space. */
const TICKS_PER_S = 100

function othersTicks(): number {
  return allTicks() - ownTicks()
}

/** All but idle and waiting for I/O; what a hypervisor took away counts as used. Guests are in `user` already. */
function allTicks(): number {
  const line = read('/proc/stat')?.split('\n')[0] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .split(/ +/)
    .slice(1)
    .map(Number)
  return user + nice + system + irq + softIrq + steal
}

/** Of this process, all that it has started, and what they have waited for. */
function ownTicks(): number {
  const all = new Map<string, { parent: string; ticks: number }>()
  for (const pid of numbersIn('/proc')) {
    // After the name, which may hold anything: state, parent, …, utime, stime, cutime, cstime.
    const fields = read(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')
    if (!fields) continue
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    all.set(pid, { parent: fields[1], ticks })
  }
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || isOurs(all.get(pid)?.parent))
  return [...all].reduce((sum, [pid, { ticks }]) => sum + (isOurs(pid) ? ticks : 0), 0)
}

function numbersIn(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
