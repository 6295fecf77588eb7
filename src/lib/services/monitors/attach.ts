import { join } from 'node:path'
import { resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { TARGETS_FILE, type TargetRecord, type TargetsFile } from '../../monitoring/targets.js'
import { aibench } from '../../platform/command-line.js'
import { Deadline } from '../../platform/clock.js'
import { NotFoundError, PendingError, UnreachableError, UsageError } from '../../platform/errors.js'
import { readTrustedJson } from '../../platform/ownership.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { Instance } from '../../state/schema.js'
import { attachOptions, type AttachOptions, type DetachOptions } from './attach-options.js'
import { dropWish, makeWish, readWishes, type ScrapeWish } from './wishes.js'
import { MONITORS } from './words.js'

export interface AttachReport {
  monitors: string
  name: string
  /** Every address of it, as the agent in the job sees it. */
  targets: TargetRecord[]
}

/** Seen to answer so often, it is attached: once can be chance. */
const ENOUGH_SCRAPES = 2
const LOOK_EVERY_MS = 200

/**
 * Wishes that an address is scraped, or again an instance that was detached, and waits until the agent in the job of the monitors has seen it
 * answer twice.
 */
export async function attach(
  context: Context,
  what: string,
  options: AttachOptions,
): Promise<AttachReport> {
  const { instance: monitors } = await findReady(
    context,
    MONITORS.kind,
    options.monitors ?? undefined,
  )
  const { runDir } = monitors
  const name = isUrl(what)
    ? await wishFor(context, runDir, what, options)
    : await instanceAgain(context, runDir, what)
  const isThere = (targets: readonly TargetRecord[]) =>
    targets.length > 0 &&
    targets.every(({ scrapes, error }) => scrapes >= ENOUGH_SCRAPES && error === null)
  const seen = await untilTold(context, monitors, name, options.timeoutMs, isThere)
  if (isThere(seen.targets)) return { monitors: monitors.name, name, targets: seen.targets }
  const evidence = seen.targets.find(({ error }) => error !== null)?.error ?? seen.trouble
  if (evidence === undefined)
    throw new PendingError(`${name} has no figures yet`, {
      hints: [aibench('monitors', 'check', monitors.name)],
    })
  throw new UnreachableError(`${name} is attached, but can't be scraped`, {
    ...{ code: 'AIB_TARGET_DOWN', evidence },
    hints: [aibench('monitors', 'detach', name), aibench('monitors', 'check', monitors.name)],
  })
}

/** Ends that an address or an instance is scraped, and waits until it is so. What was kept stays. */
export async function detach(
  context: Context,
  name: string,
  { monitors: asked, timeoutMs }: DetachOptions,
): Promise<AttachReport> {
  const { instance: monitors } = await findReady(context, MONITORS.kind, asked ?? undefined)
  const wishes = await readWishes(monitors.runDir)
  if (wishes.some((wish) => wish.name === name && wish.wish === 'scrape'))
    await dropWish(monitors.runDir, name)
  else {
    const { id } = await livingInstance(
      context,
      name,
      wishes.map((wish) => wish.name),
    )
    await makeWish(monitors.runDir, { wish: 'leave-out', name, instance: id })
  }
  const isGone = (targets: readonly TargetRecord[]) => targets.length === 0
  const { targets } = await untilTold(context, monitors, name, timeoutMs, isGone)
  if (targets.length > 0)
    throw new PendingError(`${name} is still scraped`, {
      hints: [aibench('monitors', 'logs', monitors.name)],
    })
  return { monitors: monitors.name, name, targets }
}

async function wishFor(
  { environment, state }: Context,
  runDir: string,
  what: string,
  { as, path, tokenFile, label, sampleLimit }: AttachOptions,
): Promise<string> {
  const url = new URL(what)
  const name = as ?? url.host.replaceAll(/[^\w.-]/g, '-')
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(name))
    throw new UsageError(`--as may contain letters, digits, ".", "_" and "-", not "${name}"`)
  const { instances } = await state.read()
  if (Object.values(instances).some((some) => some.name === name && some.phase !== 'ended'))
    throw new UsageError(`An instance is called ${name}: choose another name with --as`)
  if (url.username !== '' || url.password !== '')
    throw new UsageError('Others can see a password in a URL: put USER:PASSWORD in a --token-file')
  if (url.search !== '')
    throw new UsageError(`An address is scraped without a query: leave out "${url.search}"`)
  if (url.pathname !== '/' && path !== attachOptions.path.default && path !== url.pathname)
    throw new UsageError(`The URL has a path already, "${url.pathname}": leave out --path`)
  const secret =
    tokenFile === null ? undefined : await readTokenFile(resolve(environment.cwd, tokenFile))
  const wish: ScrapeWish = {
    ...{ wish: 'scrape', name, url: url.origin, sampleLimit },
    path: url.pathname === '/' ? path : url.pathname,
    labels: labelsIn(label ?? []),
    credentials:
      secret === undefined
        ? null
        : { kind: secret.includes(':') ? 'basic' : 'bearer', file: `${name}.token` },
  }
  await makeWish(runDir, wish, secret)
  return name
}

/** Names that Prometheus gives itself, and that ours stand on. */
const TAKEN = /^(__.*|job|instance|name|le|quantile)$/

function labelsIn(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([a-zA-Z_]\w*)=(.*)$/s.exec(text) ?? []
      if (name === undefined)
        throw new UsageError(
          `--label must be NAME=VALUE, with letters, digits and "_" in NAME, not "${text}"`,
        )
      if (TAKEN.test(name))
        throw new UsageError(`--label can't be ${name}: Prometheus or aibench sets it`)
      return [name, value]
    }),
  )
}

async function instanceAgain(context: Context, runDir: string, name: string): Promise<string> {
  const wishes = await readWishes(runDir)
  if (wishes.some((wish) => wish.name === name && wish.wish === 'scrape')) return name
  await livingInstance(
    context,
    name,
    wishes.map((wish) => wish.name),
  )
  await dropWish(runDir, name)
  return name
}

async function livingInstance(
  { state }: Context,
  name: string,
  wished: readonly string[],
): Promise<Instance> {
  const { instances } = await state.read()
  const found = Object.values(instances).find(
    (some) => some.phase !== 'ended' && (some.name === name || some.id === name),
  )
  if (found) return found
  const known = wished.length === 0 ? '' : `; attached: ${wished.join(', ')}`
  throw new NotFoundError(`Nothing called "${name}" is running or attached${known}`, {
    ...{ code: 'AIB_TARGET_UNKNOWN', hints: [aibench(MONITORS.kind, 'check')] },
  })
}

/** What the agent tells of it, until that is as it should be or the time is over. */
async function untilTold(
  { clock }: Context,
  { runDir }: Instance,
  name: string,
  timeoutMs: number,
  isDone: (targets: readonly TargetRecord[]) => boolean,
): Promise<{ targets: TargetRecord[]; trouble: string | undefined }> {
  const deadline = new Deadline(clock, timeoutMs)
  const asked = clock.now().toISOString()
  for (;;) {
    const file = (await readTrustedJson(join(runDir, TARGETS_FILE))) as TargetsFile | undefined
    const targets = file?.targets.filter((target) => target.name === name) ?? []
    // What was written before is about another wish.
    if (file && file.at > asked && isDone(targets)) return { targets, trouble: undefined }
    if (deadline.passed) {
      const trouble = file?.trouble.find((text) => text.includes(name))
      return { targets, trouble }
    }
    await clock.sleep(LOOK_EVERY_MS)
  }
}

function isUrl(what: string): boolean {
  return /^https?:\/\//.test(what)
}
