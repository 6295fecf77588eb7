import { expect } from 'chai'
import * as v from 'valibot'
import {
  benchmarkFace,
  benchmarkKind,
  benchmarkKinds,
  WORKS,
} from '../../../src/lib/app/catalog.js'
import { measuredService } from '../../../src/lib/benchmarks/measured-service.js'
import { ENVELOPE } from '../../../src/lib/instrument/measure/envelope.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { contextWith } from '../../support/context.js'
import { CHROMA, VLLM } from '../../support/measured.js'
import { contextOf, toyBatch } from '../../support/toys.js'
import { isMeasured } from '../../../src/lib/benchmarks/kind.js'
import { filesystemResult } from '../../support/filesystem-result.js'
import { inferenceResult } from '../../support/inference-result.js'
import { vectorResult } from '../../support/vector-result.js'

describe('every kind of benchmark', () => {
  it('is measured by something, and has a face', async () => {
    for (const name of benchmarkKinds()) {
      const kind = (await benchmarkKind(name))!
      expect(kind.kind).to.equal(name)
      // What a job measures is measured by no process of ours.
      expect(Object.hasOwn(WORKS, name)).to.equal(isMeasured(kind))
      expect(await benchmarkFace(name)).to.have.keys('view', 'line', 'formats')
    }
    expect(await benchmarkKind('constructor')).to.equal(undefined)
    expect(await benchmarkFace('toString')).to.equal(undefined)
  })

  it('has one envelope of results, and reads its own', async () => {
    for (const result of [inferenceResult(), vectorResult(), filesystemResult()]) {
      const kind = (await benchmarkKind(result.kind))!
      expect(v.parse(kind.anyResult, result)).to.deep.equal(result)
      expect(v.is(v.object(ENVELOPE), result)).to.equal(true)
      expect(kind.figures(result)).to.satisfy((figures: object) =>
        Object.values(figures).every((value) => value === null || typeof value === 'number'),
      )
    }
  })

  it('is named by the services that are measured so, which say what else it must know', async () => {
    await using context = await contextWith()
    expect(measuredService(context, 'chroma')).to.deep.equal(CHROMA)
    expect(measuredService(context, 'vllm')).to.deep.equal(VLLM)
    for (const name of context.kinds) {
      const { bench } = context.service(name)
      if (bench) expect(benchmarkKinds()).to.include(bench.kind)
    }
  })

  it('is refused of a service that has none', async () => {
    await using context = await contextOf(toyBatch().batch)
    expect(() => measuredService(context, 'toybatch')).to.throw(
      UsageError,
      'no benchmark of Toy batch',
    )
  })
})
