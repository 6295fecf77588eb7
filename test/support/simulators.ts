import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SimulatorInput } from '../../src/lib/simulator/options.js'
import type { TruthRecord } from '../../src/lib/simulator/truth.js'

/** A simulator that runs elsewhere. */
export interface DistantSimulator extends AsyncDisposable {
  url: string
  truth(): Promise<TruthRecord[]>
  close(): Promise<void>
}

/** Starts simulators in one further process; end it after the last test. */
export class SimulatorHost {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (value: unknown) => void>()
  #n = 0

  constructor() {
    const program = fileURLToPath(new URL('simulator-host.ts', import.meta.url))
    this.#child = fork(program, { execArgv: ['--import', 'tsx'], stdio: 'inherit' })
    this.#child.on('message', ({ n, value }: { n: number; value: unknown }) => {
      this.#waiting.get(n)!(value)
      this.#waiting.delete(n)
    })
  }

  async start(options: SimulatorInput = {}): Promise<DistantSimulator> {
    const url = (await this.#ask({ start: options })) as string
    let isOpen = true
    const close = async () => {
      if (isOpen) await this.#ask({ close: url })
      isOpen = false
    }
    return {
      url,
      truth: () => this.#ask({ truth: url }) as Promise<TruthRecord[]>,
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  end(): void {
    this.#child.disconnect()
  }

  #ask(order: object): Promise<unknown> {
    const n = this.#n++
    return new Promise((resolve) => {
      this.#waiting.set(n, resolve)
      this.#child.send({ n, ...order })
    })
  }
}
