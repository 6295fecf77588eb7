import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceResult } from '../../src/lib/instrument/inference/result.js'
import type { ChatReport, ModelsReport } from '../../src/lib/services/vllm/reports.js'
import { processesOf } from '../support/processes.js'
import { eventsOf, measured, short, vllmHome, type VllmHome } from '../support/vllm-home.js'

describe('a benchmark of the simulator', function () {
  let home: VllmHome
  /** Of a run that several tests look at. */
  let runId = ''

  before(async () => {
    home = await vllmHome()
    await home.start()
  })
  after(() => home[Symbol.asyncDispose]())

  const put = async (name: string, ...lines: unknown[]) => {
    const path = join(home.path, name)
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
    await writeFile(path, text.join('\n') + '\n')
    return path
  }

  it('gives every figure under the published schema, and all requests are accounted for', async () => {
    const args = short('--slo', 'ttft_p99<20s', '--goodput', 'ttft<20s', '--repeats', '2')
    const result = measured(await home.run(args))
    runId = result.runId
    const { metrics, requests, throughput, errors, server, instrument } = result
    for (const name of ['ttftMs', 'tpotMs', 'itlMs', 'e2eMs'] as const)
      for (const figure of ['mean', 'p50', 'p90', 'p99'] as const)
        // On a busy machine tokens come together: the gap between two of them may be none.
        if (name !== 'itlMs' || figure === 'mean')
          expect(metrics[name][figure], `${name}.${figure}`).to.be.greaterThan(0)
    expect(metrics.ttftMs.min).to.be.at.least(9)
    expect(requests).to.deep.equal({ issued: 24, ok: 24, failed: 0, dropped: 0 })
    expect(errors).to.deep.equal([])
    expect(throughput).to.include({ outputTokens: 24 * 8, inputTokens: 24 * 32 })
    expect(result.goodput).to.include({ good: 24, shareOfIssued: 1 })
    expect(result).to.include({ simulated: true, complete: true, structured: null })
    expect(result.product).to.deep.equal({ name: 'vLLM', version: '0.32.0' })
    expect(server.check.findings).to.deep.equal([])
    expect([server.check.verdict, server.check.requests!.difference]).to.deep.equal([
      'reconciled',
      0,
    ])
    expect(instrument.workers).to.equal(1)
    const records = await readFile(join(result.files.runDir, 'requests.ndjson'), 'utf8')
    expect(records.trim().split('\n')).to.have.lengthOf(24)
  })

  it('says SIMULATED wherever a person looks', async () => {
    for (const args of [
      ['vllm', 'check'],
      ['vllm', 'models'],
      ['vllm', 'chat', 'hello', '--max-tokens', '4'],
      ['status'],
      ['runs', 'list'],
      ['runs', 'show', runId],
      short(),
    ]) {
      const { stdout, stderr } = await home.shown(args)
      expect(stdout + stderr, args.join(' ')).to.include('SIMULATED')
    }
  })

  it('is repeated from its plan: the same dataset at the same times', async () => {
    const first = (await home.run(['runs', 'show', runId])).data.result
    const again = measured(await home.run(['vllm', 'bench', '--plan', runId]))
    for (const name of ['datasetHash', 'scheduleHash', 'load', 'numPrompts', 'repeats'] as const)
      expect(again.workload[name], name).to.equal(first.workload[name])
    const unknown = await home.run(['vllm', 'bench', '--plan', 'zzzz'])
    expect([unknown.exitCode, unknown.error!.message]).to.deep.equal([
      2,
      'There is no plan file or run "zzzz"',
    ])
  })

  it('is written in the forms of others, and once more from its records', async () => {
    const [theirs, table, later] = ['v.json', 't.csv', 'l.json'].map((f) => join(home.path, f))
    const copies = ['--save-as', `vllm:${theirs}`, '--save-as', `csv:${table}`]
    const result = measured(await home.run(short(...copies)))
    const written = JSON.parse(await readFile(theirs, 'utf8'))
    expect(written).to.include({ completed: 12, failed: 0, max_concurrency: 4, simulated: true })
    expect(written.mean_ttft_ms).to.equal(result.metrics.ttftMs.mean)
    const [names, figures] = (await readFile(table, 'utf8')).trim().split('\n')
    expect(names.split(',')).to.have.lengthOf(figures.split(',').length)
    await home.run(['runs', 'show', result.runId, '--save-as', `vllm:${later}`])
    expect(JSON.parse(await readFile(later, 'utf8'))).to.deep.equal(written)
  })

  it('tells what goes on as lines of JSON, the envelope last', async () => {
    const ended = await home.shown(short('--num-prompts', '60', '--output-len', '64', '--events'))
    const { events, envelope } = eventsOf(ended)
    measured(envelope)
    const phases = events.flatMap((event) =>
      event.type === 'phase' ? [(event as unknown as { phase: string }).phase] : [],
    )
    expect(phases).to.deep.equal([
      ...['server', 'dataset', 'warm-up', 'requests', 'calibrate', 'done'],
    ])
    const samples = events.filter(({ type }) => type === 'sample')
    expect(samples.at(-1)).to.include.keys('elapsedS', 'done', 'inFlight', 'ttftMs', 'clientCores')
  })

  it('that misses a threshold ends with 99, and shows what was measured first', async () => {
    const { code, stdout, stderr } = await home.shown(short('--slo', 'ttft_p99<1ms'))
    expect([code, stderr]).to.satisfy(
      ([is, text]: [number, string]) =>
        is === 99 && text.includes('✗ Threshold missed: TTFT p99 < 1 ms is'),
      stderr,
    )
    expect(stdout)
      .to.match(/✗\?? TTFT p99 < 1 ms/)
      .and.to.include('TPOT')
  })

  it('looks for the highest rate, and knows when no lower one can help', async () => {
    const search = async (slo: string, ...more: string[]) => {
      const lengths = ['--input-len', '16', '--output-len', '1', '--warmup', '0']
      const args = ['--find-max-rate', '--duration', '500ms', '--slo', slo, ...lengths, ...more]
      const envelope = await home.run(['vllm', 'bench', ...args])
      expect(envelope.exitCode, JSON.stringify(envelope.error)).to.be.oneOf([0, 10, 99])
      const { search: found, server } = envelope.data as InferenceResult
      expect(server.check.prefixCacheHitShare, 'every step has prompts of its own').to.equal(0)
      return found
    }
    const never = await search('ttft_p99<1ms')
    expect(never!.maxRatePerSecond).to.equal(null)
    expect(never!.steps.length).to.be.within(1, 9)
    // No server's limit, but one that every machine has at the same place.
    const { steps, maxRatePerSecond } = (await search('rps<12'))!
    if (steps.every(({ valid }) => valid)) expect(maxRatePerSecond).to.be.within(4, 16)
    else expect(steps.length).to.be.greaterThan(1)
  })

  it('of two clients is that of one: the same schedule, all records in one file', async () => {
    const args = ['vllm', 'bench', '-n', '20', '--rate', '40', '--input-len', '16']
    const [one, two] = [
      measured(await home.run([...args, '--output-len', '4'])),
      measured(await home.run([...args, '--output-len', '4', '--clients', '2'])),
    ]
    expect(two.workload.scheduleHash).to.equal(one.workload.scheduleHash)
    expect(two.instrument.workers).to.equal(2)
    expect(two.requests).to.deep.equal({ issued: 20, ok: 20, failed: 0, dropped: 0 })
    const text = await readFile(join(two.files.runDir, 'requests.ndjson'), 'utf8')
    const rows = text.trim().split('\n')
    const indices = rows.map((row) => (JSON.parse(row) as { index: number }).index)
    expect(indices.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i))
  })

  describe('of every dataset', () => {
    it('with constraints: what is complete is valid', async () => {
      const kinds = ['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice']
      const args = (kind: string) => short('--output-len', '256', '--dataset', kind)
      const all = await Promise.all(kinds.map((kind) => home.run(args(kind))))
      for (const [i, envelope] of all.entries()) {
        const { structured, requests } = measured(envelope)
        expect(structured!.probe.honoured, kinds[i]).to.equal(true)
        expect(structured!.constrained, kinds[i]).to.include({ invalid: 0, failed: 0 })
        expect(structured!.constrained.valid, kinds[i]).to.be.greaterThan(0)
        expect(requests.ok, kinds[i]).to.equal(12)
      }
    })

    it('prefix and multi-turn share what they should, random nothing', async () => {
      const hits = async (kind: string) => {
        const args = short('--num-prompts', '24', '--input-len', '128', '--dataset', kind)
        return measured(await home.run(args)).server.check.prefixCacheHitShare
      }
      expect(await hits('random')).to.equal(0)
      expect(await hits('prefix')).to.be.greaterThan(0.1)
      expect(await hits('multi-turn')).to.be.greaterThan(0)
    })

    it('files of others: ShareGPT, custom, Mooncake, Azure, json-mode-eval', async () => {
      const turns = (said: string) => [
        { from: 'human', value: `${said}: why is the sky as blue as it is today?` },
        { from: 'gpt', value: 'Because short waves are scattered more than long ones.' },
      ]
      const files = {
        sharegpt: await put(
          'share.json',
          JSON.stringify(['a', 'b', 'c'].map((id) => ({ id, conversations: turns(id) }))),
        ),
        custom: await put('c.jsonl', { prompt: 'one' }, { prompt: 'two', choice: ['yes', 'no'] }),
        trace: await put(
          'mooncake.jsonl',
          { timestamp: 0, input_length: 20, output_length: 4, hash_ids: [1] },
          { timestamp: 90, input_length: 30, output_length: 5, hash_ids: [1] },
        ),
        xgrammar: await put('modes.jsonl', {
          prompt: [{ role: 'user', content: 'a number, please' }],
          schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
        }),
      }
      for (const [kind, path] of Object.entries(files)) {
        const load = kind === 'trace' ? ['--trace-speed', '1'] : ['--concurrency', '2']
        const args = ['-n', '2', '--warmup', '0', ...load, '--dataset', `${kind}:${path}`]
        const result = measured(await home.run(['vllm', 'bench', ...args]))
        expect(result.requests, kind).to.include({ ok: 2, failed: 0 })
        expect(result.structured !== null, kind).to.equal(kind === 'custom' || kind === 'xgrammar')
      }
      const azure = await put(
        'azure.csv',
        'TIMESTAMP,ContextTokens,GeneratedTokens',
        '2023-11-16 18:15:46.6805900,37,4',
        '2023-11-16 18:15:46.9805900,12,3',
      )
      const args = ['-n', '2', '--warmup', '0', '--trace-speed', '2']
      const result = measured(
        await home.run(['vllm', 'bench', ...args, '--dataset', `trace:${azure}`]),
      )
      expect(result.throughput).to.include({ inputTokens: 49, outputTokens: 7 })
    })

    it('a file that can’t be read is named with its line', async () => {
      const bad = await put('bad.jsonl', { prompt: 'good' }, '{"prompt": ')
      const wrong = await put('wrong.jsonl', { prompt: 'good' }, { prompt: 'x', regex: 7 })
      const trace = await put('t.jsonl', { timestamp: 0, input_length: -1, output_length: 4 })
      for (const [dataset, words] of [
        [`custom:${bad}`, `${bad}:2`],
        [`custom:${wrong}`, `${wrong}:2`],
        [`trace:${trace}`, `${trace}:1`],
        ['custom:nowhere.jsonl', 'nowhere.jsonl: no such file'],
      ]) {
        const { exitCode, error } = await home.run(short('--dataset', dataset))
        expect([exitCode, error!.message]).to.satisfy(
          ([code, text]: [number, string]) => code === 2 && text.includes(words),
          JSON.stringify(error),
        )
      }
    })
  })

  it('refuses what can’t be meant, before anything is sent', async () => {
    for (const [args, words] of [
      [['--rate', '4', '--concurrency', '2'], '--rate and --concurrency'],
      [['--rate', 'fast'], '"fast"'],
      [['--ramp', '1:2'], '--ramp'],
      [['--slo', 'ttft_p98<1ms'], 'ttft_p98'],
      [['--goodput', 'speed<1'], 'speed'],
      [['--dataset', 'jsn'], '"jsn"'],
      [['--dataset', 'sharegpt'], 'needs a file'],
      [['--dataset', 'random', '--paired-baseline'], '--paired-baseline'],
      [['--find-max-rate'], '--find-max-rate needs a threshold'],
      [['--num-prompts', '0'], 'num-prompts'],
      [['--duration', 'soon'], 'duration'],
      [['--warmup', 'x'], '--warmup'],
      [['--save-as', 'xml:f'], 'xml'],
      [['--url', 'ftp://somewhere'], '--url'],
      [['--api-key-file', 'f'], '--url'],
    ] as const) {
      const { exitCode, error } = await home.run(['vllm', 'bench', ...args])
      expect([exitCode, error!.message]).to.satisfy(
        ([code, text]: [number, string]) => code === 2 && text.includes(words),
        `${args.join(' ')}: ${JSON.stringify(error)}`,
      )
    }
  })

  it('answers a question, streamed, with its own times; and names its models', async () => {
    const said = await home.shown(['vllm', 'chat', 'hello', '--max-tokens', '5'])
    expect([said.code, said.stdout.trim().split(' ').length]).to.deep.equal([0, 5])
    expect(said.stderr).to.match(/SIMULATED · TTFT [\d.]+ ms · \S.* tokens\/s · 5 tokens/)
    const chat = (await home.run(['vllm', 'chat', 'hello', '--max-tokens', '5'])).data as ChatReport
    expect(chat).to.include({ outputTokens: 5, finishReason: 'length', simulated: true })
    const { data } = await home.run(['vllm', 'models'])
    expect((data as ModelsReport).models.map(({ id }) => id)).to.deep.equal(['simulated'])
  })

  describe('when it is done', () => {
    it('is kept in an archive without secrets; after stop nothing is left but the records', async () => {
      const zip = join(home.path, 'out.zip')
      expect((await home.run(['vllm', 'save', '-o', zip])).ok).to.equal(true)
      const list = spawnSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' }).stdout
      for (const name of ['result.json', 'requests.ndjson', 'plan.json', 'stdout.log'])
        expect(list).to.include(name)
      expect(list).to.not.match(/api\.token|api\.header|job\.env/)

      const { data } = await home.run(['vllm', 'stop'])
      expect(data).to.include({ alreadyGone: false, killed: false, portClosed: true })
      expect(processesOf(home.path)).to.deep.equal([])
      expect(await readdir(join(home.path, 'tmp'))).to.deep.equal([])
      expect((await home.run(['runs', 'show', runId])).data.result.runId).to.equal(runId)
    })
  })
})

describe('the instrument alone', function () {
  it('is measured without any server, and leaves nothing', async () => {
    await using home = await vllmHome()
    const { ok, data } = await home.run(['vllm', 'bench', '--self-test'])
    expect(ok).to.equal(true)
    expect(data.eventsPerCpuSecond).to.be.greaterThan(20_000)
    expect(data.requestsPerCpuSecond).to.be.greaterThan(200)
    expect(data.dispatchLagMs.p50).to.be.at.least(0)
    expect(processesOf(home.path)).to.deep.equal([])
    const refused = await home.run(['vllm', 'bench', '--self-test', '--rate', '4'])
    expect([refused.exitCode, refused.error!.message]).to.deep.equal([
      2,
      '--self-test measures the client alone: leave out --rate',
    ])
  })
})
