import { toggle } from '../../options/types.js'

export const explainOptions = {
  strict: toggle({
    group: 'JUDGEMENT',
    summary: 'Exit with 6 when a result is not valid.',
    env: null,
  }),
}
