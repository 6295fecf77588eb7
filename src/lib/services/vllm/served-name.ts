import { basename } from 'node:path'
import type { VllmOptions } from './options.js'

/** What clients call the model: as given, else the hub's name, else the directory's. */
export function servedNameOf({
  servedName,
  model,
  modelDir,
  simulate,
}: Pick<VllmOptions, 'servedName' | 'model' | 'modelDir' | 'simulate'>): string {
  if (servedName) return servedName
  if (simulate) return model ?? 'simulated'
  const name = modelDir ?? model ?? ''
  return modelDir !== null || name.startsWith('/') || name.startsWith('.') ? basename(name) : name
}
