import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { lustre as service } from '../service.js'

export const topic: Topic = {
  summary: 'Run IO500 on Lustre or any shared directory, watch it, and understand its results.',
  firstSteps: [
    ['aibench lustre io500 --io500 BINARY --dir DIR --wait', 'aibench lustre logs -f'],
    ['aibench lustre save', 'aibench lustre stop'],
  ],
}
