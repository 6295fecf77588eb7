import type { Topic } from '../../../cli/topic.js'

export { toy as service } from '../service.js'

export const topic: Topic = { summary: 'Run a toy server.' }
