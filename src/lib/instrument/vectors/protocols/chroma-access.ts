import type { EngineOptions } from '../engine.js'

/** Chroma takes its token in one of two headers, by its configuration: somebody's server gets both. */
export function chromaHeaders({ headers, token }: EngineOptions): Readonly<Record<string, string>> {
  return token === null ? headers : { 'x-chroma-token': token, ...headers }
}

/** After which a request counts as failed. */
export const TIMEOUT_MS = 30_000
