import type { ValuesOf } from '../../options/set.js'
import { integer } from '../../options/types.js'

export const toyOptions = {
  parts: integer({
    summary: 'Work through N parts, a second each.',
    min: 1,
    default: 2,
    setting: 'toybatch.parts',
  }),
  failAt: integer({ summary: 'Fail at part N.', min: 1 }),
}

export type ToyOptions = ValuesOf<typeof toyOptions>
