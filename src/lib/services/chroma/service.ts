import { aibench, withRemark } from '../../platform/command-line.js'
import type { Service } from '../../jobs/contract.js'
import { explainChroma } from './explain.js'
import { prepareChroma } from './prepare.js'
import { probeInstance } from './probe.js'
import { ChromaOptionsSchema, type ChromaOptions } from './options.js'

/** A Chroma vector database server on one node, listening on that node's loopback. */
export const chroma: Service<ChromaOptions> = {
  kind: 'chroma',
  title: 'Chroma',
  script: 'chroma.sh',
  options: ChromaOptionsSchema,
  startFlags: ({ profile, persistDir, image, open }) => [
    ...(profile === 'default' ? [] : ['--profile', profile]),
    ...(persistDir === null ? [] : ['--persist-dir', persistDir]),
    ...(image === null ? [] : ['--image', image]),
    ...(open ? ['--open'] : []),
  ],
  firstStart: [
    aibench('chroma', 'start', '--wait'),
    withRemark(aibench('chroma', 'install'), 'once, before the first start'),
  ],
  resources: () => ({ nodes: 1 }),
  prepare: prepareChroma,
  probe: probeInstance,
  explain: explainChroma,
  callPath: '/api/v2/heartbeat',
}
