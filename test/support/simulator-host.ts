import { startSimulator, type Simulator } from '../../src/lib/simulator/server.js'
import type { SimulatorInput } from '../../src/lib/simulator/options.js'

/** Started by {@link file://./simulators.ts}: simulators in a process of their own, so that client and server share no event loop. */
type Order =
  { n: number; start: SimulatorInput } | { n: number; truth: string } | { n: number; close: string }

const running = new Map<string, Simulator>()

async function obey(order: Order): Promise<unknown> {
  if ('start' in order) {
    const simulator = await startSimulator(order.start)
    running.set(simulator.url, simulator)
    return simulator.url
  }
  if ('truth' in order) return running.get(order.truth)!.truth()
  await running.get(order.close)!.close()
  return null
}

process.on('message', (order: Order) => {
  void obey(order).then((value) => process.send!({ n: order.n, value }))
})
process.on('disconnect', () => process.exit())
