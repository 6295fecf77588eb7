import { measuringProcess } from '../../../src/lib/instrument/process/worker.js'
import { vectorWork } from '../../../src/lib/instrument/vectors/work.js'
import { TOY } from './protocol.js'

/** The measuring process of a product that has the toy among its databases. */
await measuringProcess(
  { vectors: () => Promise.resolve(vectorWork({ toy: async () => TOY })) },
  process.argv[1],
)
