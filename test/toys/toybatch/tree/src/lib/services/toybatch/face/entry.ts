import type { Topic } from '../../../cli/topic.js'

export { toybatch as service } from '../service.js'

export const topic: Topic = { summary: 'Run a toy benchmark that is its job.' }
