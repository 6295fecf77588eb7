import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { engineFacts } from '../../../../src/lib/services/vllm/engine-facts.js'

const lines = (name: string) =>
  readFileSync(new URL(`../../../fixtures/vllm/${name}`, import.meta.url), 'utf8').split('\n')

describe('what vLLM says that it runs with', () => {
  it('on an H100, 0.26', () =>
    expect(engineFacts(lines('gpu/ready-h100.stdout.log'))).to.deep.equal({
      ...{ dtype: 'bfloat16', quantization: null, kvCacheDtype: 'auto', maxModelLen: 4096 },
      ...{ tensorParallel: 1, pipelineParallel: 1, dataParallel: 1 },
      ...{ attentionBackend: 'FLASH_ATTN', kvCacheTokens: 1149552, kvCacheGiB: 70.16 },
      ...{ gpuMemoryUtilization: 0.92, maxNumSeqs: null, maxNumBatchedTokens: 8192 },
      ...{ enforceEager: false, prefixCaching: true },
      ...{ compileSeconds: 13.45, compileCached: false },
      text: 'TP 1 × PP 1 · bfloat16 · FLASH_ATTN · context 4 096 · KV cache 1 149 552 tokens · GPU memory 0.92',
    }))

  it('on CPU, 0.32, over two ranks and eager', () =>
    expect(engineFacts(lines('gpu/ready-cpu-tp2.log'))).to.deep.include({
      ...{ tensorParallel: 2, kvCacheTokens: 2097152, maxNumSeqs: 16, enforceEager: true },
      ...{ maxModelLen: 2048, compileSeconds: null, compileCached: null },
    }))

  it('is nothing while it has not come that far', () =>
    expect(engineFacts(lines('gpu/failed-world-size.stdout.log'))).to.equal(null))
})
