import type { VectorProtocol } from '../engine.js'
import { CHROMA } from './chroma.js'

/** Every database that can be benchmarked, by the name of what it speaks. */
export type Protocols = Readonly<Record<string, VectorProtocol>>

export const PROTOCOLS: Protocols = { chroma: CHROMA }
