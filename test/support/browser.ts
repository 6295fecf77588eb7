import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Debian's name for it, then others'. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** A Chromium: AIBENCH_CHROMIUM, or of PATH. */
export async function findBrowser(): Promise<string | undefined> {
  const dirs = (process.env.PATH ?? '').split(delimiter)
  const named = process.env.AIBENCH_CHROMIUM
  const paths = named ? [named] : NAMES.flatMap((name) => dirs.map((dir) => join(dir, name)))
  for (const path of paths)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  return undefined
}

export interface View {
  width: number
  height: number
  scheme?: 'light' | 'dark'
  /** Pages are whole without their scripts, too. */
  withoutScripts?: boolean
}

/** A page in a real browser, which no network is left to: what it asks for is noted. */
export class BrowserPage implements AsyncDisposable {
  readonly asked: string[] = []
  /** What the page's script threw, and what the browser complained of. */
  readonly complaints: string[] = []
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #events = new Map<string, (() => void)[]>()
  #id = 0
  #session = ''

  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly profile: string,
  ) {
    let rest = ''
    const from = child.stdio[4] as Readable
    from.setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0')
      rest = messages.pop()!
      for (const message of messages) this.#take(JSON.parse(message) as Answer)
    })
  }

  static async open(program: string, url: string, view: View): Promise<BrowserPage> {
    const profile = await mkdtemp(join(tmpdir(), 'aibench-browser-'))
    const args = [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--hide-scrollbars'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
    ]
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    const page = new BrowserPage(child, profile)
    await page.#attach(view)
    await page.#go(url)
    return page
  }

  /** The value of an expression, awaited, in the page. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#call<{
      result: { value: T }
      exceptionDetails?: { exception?: { description?: string } }
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description)
    return result.value
  }

  /** @throws Error when it is not true in 20 s; the browser is ended then */
  async until(expression: string): Promise<void> {
    const soon = `new Promise((resolve) => {
      const end = Date.now() + 20000
      const look = () => (${expression}) ? resolve(true) : Date.now() > end ? resolve(false) : setTimeout(look, 20)
      look()
    })`
    if (await this.value<boolean>(soon)) return
    await this[Symbol.asyncDispose]()
    throw new Error(`never true: ${expression}`)
  }

  async mouse(type: 'mouseMoved' | 'mousePressed' | 'mouseReleased', x: number, y: number) {
    const button = type === 'mouseMoved' ? {} : { button: 'left', clickCount: 1 }
    await this.#call('Input.dispatchMouseEvent', { type, x, y, ...button })
  }

  /** PNG of what is seen, or of the whole length. */
  async screenshot(isWhole = false): Promise<Buffer> {
    const { data } = await this.#call<{ data: string }>('Page.captureScreenshot', {
      captureBeyondViewport: isWhole,
    })
    return Buffer.from(data, 'base64')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await ended
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10 })
  }

  async #attach({ width, height, scheme = 'light', withoutScripts = false }: View): Promise<void> {
    const { targetInfos } = await this.#call<{
      targetInfos: { type: string; targetId: string }[]
    }>('Target.getTargets')
    const targetId = targetInfos.find(({ type }) => type === 'page')!.targetId
    const attach = { targetId, flatten: true }
    this.#session = (
      await this.#call<{ sessionId: string }>('Target.attachToTarget', attach)
    ).sessionId
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await this.#call(`${domain}.enable`)
    await this.#call('Emulation.setDeviceMetricsOverride', {
      ...{ width, height, deviceScaleFactor: 1, mobile: false },
    })
    await this.#call('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    })
    await this.#call('Emulation.setScriptExecutionDisabled', { value: withoutScripts })
  }

  async #go(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) =>
      this.#events.set('Page.loadEventFired', [resolve]),
    )
    await this.#call('Page.navigate', { url })
    await loaded
  }

  #call<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#id
    const session = this.#session === '' ? {} : { sessionId: this.#session }
    const to = this.child.stdio[3] as Writable
    to.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    return new Promise((resolve, reject) =>
      this.#waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      ),
    )
  }

  #take(message: Answer): void {
    if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
      return
    }
    const { method = '', params = {} } = message
    if (method === 'Network.requestWillBeSent') this.asked.push(params.request!.url)
    if (method === 'Runtime.exceptionThrown')
      this.complaints.push(JSON.stringify(params.exceptionDetails))
    if (method === 'Log.entryAdded') this.complaints.push(params.entry!.text)
    for (const listener of this.#events.get(method) ?? []) listener()
  }
}

interface Answer {
  id?: number
  result?: unknown
  error?: { message: string }
  method?: string
  params?: { request?: { url: string }; exceptionDetails?: unknown; entry?: { text: string } }
}
