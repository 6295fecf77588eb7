import type { FigureStore } from '../monitoring/store.js'
import type { Context } from './contract.js'

/** Those that are ready, the newest first. One that can't be asked now is left out. */
export async function figureStores(context: Context): Promise<FigureStore[]> {
  const { instances } = await context.state.read()
  const found: FigureStore[] = []
  const ready = Object.values(instances)
    .filter(({ phase }) => phase === 'ready')
    .sort((a, b) => b.intendedAt.localeCompare(a.intendedAt))
  for (const instance of ready) {
    const service = context.serviceIfKnown(instance.service)
    if (service?.shape !== 'serving' || !service.figures) continue
    const store = await service.figures(context, instance)
    if (store) found.push(store)
  }
  return found
}
