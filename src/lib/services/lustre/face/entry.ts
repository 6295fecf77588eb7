import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { lustre as service } from '../service.js'

export const topic: Topic = {
  summary: 'Run IO500 on Lustre or any directory, and understand results.',
  topics: { ini: 'Make, check and read the ini files of io500.' },
  firstSteps: [['aibench lustre io500 --io500 BINARY --dir DIR --preset debug --wait']],
}
