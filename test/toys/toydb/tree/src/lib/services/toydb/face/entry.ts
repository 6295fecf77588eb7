import type { Topic } from '../../../cli/topic.js'

export { toydb as service } from '../service.js'

export const topic: Topic = { summary: 'Run and benchmark a toy database.' }
