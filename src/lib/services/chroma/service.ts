import { aibench, withRemark } from '../../platform/command-line.js'
import type { Serving } from '../../jobs/contract.js'
import { explainChroma } from './explain.js'
import { chromaOptions, chromaSettings, type ChromaOptions } from './options.js'
import { prepareChroma } from './prepare.js'
import { probeChroma } from './probe.js'
import { CHROMA } from './words.js'

/** A Chroma vector database server on one node, listening on that node's loopback. */
export const chroma: Serving<ChromaOptions> = {
  shape: 'serving',
  ...CHROMA,
  script: 'chroma.sh',
  options: chromaOptions,
  settings: chromaSettings,
  firstStart: [
    aibench('chroma', 'start', '--wait'),
    withRemark(aibench('chroma', 'install'), 'once, before the first start'),
  ],
  resources: () => ({ nodes: 1 }),
  prepare: prepareChroma,
  explain: explainChroma,
  members: () => [
    {
      name: 'chroma',
      title: 'Chroma',
      critical: true,
      probe: probeChroma,
      callPath: '/api/v2/heartbeat',
    },
  ],
  whenReady: ['bench'],
  bench: {
    kind: 'vectors',
    protocol: 'chroma',
    tokenFlag: '--token-file',
    callPath: '/api/v2/heartbeat',
    hello: ['/api/v2/version'],
  },
}
