import type { Topic } from '../../../cli/topic.js'

export { toystack as service } from '../service.js'

export const topic: Topic = { summary: 'Run a toy stack of three servers.' }
