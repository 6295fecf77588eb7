import { decimal } from '../../options/types.js'

/** Fields that the plans of all kinds under load have. */

export const errorOption = {
  errorRateLimit: decimal({
    group: 'JUDGEMENT',
    flag: 'max-error-rate',
    formerFlags: ['max-error-share'],
    summary: 'Fail the run when a larger share of the requests failed.',
    default: 0.01,
  }),
}
