import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { chroma as service } from '../service.js'

export const topic: Topic = {
  summary: 'Run and benchmark a Chroma vector database.',
  firstSteps: [['aibench chroma install', 'aibench chroma start --wait', 'aibench chroma bench']],
  variables: [['AIBENCH_CHROMA_COMMAND', 'the chroma program to run']],
}
