import type { ValuesOf } from '../../options/set.js'
import { integer, toggle } from '../../options/types.js'

export const toyOptions = {
  parts: integer({
    summary: 'Work through N parts, a second each.',
    min: 1,
    default: 2,
    setting: 'toybatch.parts',
  }),
  failAt: integer({ summary: 'Fail at part N.', min: 1 }),
  steps: toggle({ summary: 'Run a step on each node first.' }),
  hold: toggle({
    summary: 'Work through the parts to prove the nodes, then hold them for others.',
  }),
}

export type ToyOptions = ValuesOf<typeof toyOptions>
