import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { loadInferenceDataset } from '../../../../src/lib/instrument/inference/datasets/load.js'
import type { DatasetPlan } from '../../../../src/lib/instrument/inference/plan.js'
import { parseLine } from '../../../support/command-lines.js'
import { datasetFiles } from '../../../support/dataset-files.js'

const PAGE = readFileSync(new URL('../../../../docs/datasets.md', import.meta.url), 'utf8')
const blocks = [...PAGE.matchAll(/^```(\w+) ?(\w*)\n([\s\S]*?)^```/gm)]

describe('the page about data sets', () => {
  const files = datasetFiles()

  for (const [, form, kind, text] of blocks.filter(([, , kind]) => kind !== ''))
    it(`has an example of ${kind} (${form}) that is read`, async () => {
      const path = await files.put(text)
      const lengths = kind === 'xgrammar' ? { outputTokens: 64 } : { outputTokens: null }
      const plan = { kind, path, ...(kind === 'trace' ? { vocabulary: 4_000 } : lengths) }
      const dataset = await loadInferenceDataset(plan as DatasetPlan, {
        ...{ seed: 1, salt: '', endpoint: kind === 'trace' ? 'completions' : 'chat' },
        numPrompts: 10,
      })
      const rows = form === 'json' ? 1 : text.trim().split('\n').length - (form === 'csv' ? 1 : 0)
      expect(dataset.size).to.equal(rows)
      for (let i = 0; i < rows; i++) expect(dataset.item(i).maxTokens).to.be.greaterThan(0)
    })

  for (const [, , , text] of blocks.filter(([, form]) => form === 'bash'))
    it(`has a command that parses: ${text.trim()}`, async () => {
      expect((await parseLine(text.trim())).error).to.equal(undefined)
    })
})
