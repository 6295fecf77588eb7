import * as Flags from '@oclif/core/flags'
import { foreignFlags } from '../../face/foreign-flags.js'
import { completing } from '../../../cli/topic.js'
import { saveAsFlag } from '../../face/save-as.js'

const workload = { helpGroup: 'WORKLOAD' } as const
const load = { helpGroup: 'LOAD' } as const
const structured = { helpGroup: 'STRUCTURED' } as const
const judgement = { helpGroup: 'JUDGEMENT' } as const
const instrument = { helpGroup: 'INSTRUMENT' } as const
const target = { helpGroup: 'WHERE' } as const
const output = { helpGroup: 'OUTPUT' } as const

const number = { helpValue: 'N', min: 1 } as const
const time = { helpValue: 'TIME' } as const
const many = { multiple: true, multipleNonGreedy: true } as const

const DATASETS = [
  ...['choice', 'custom:', 'grammar', 'json', 'json-schema', 'json-unique', 'multi-turn'],
  ...['prefix', 'random', 'regex', 'sharegpt:', 'trace:', 'xgrammar:'],
]

/** What a benchmark of an inference server can be told. No flag has a default here: the plan has them. */
export const inferenceBenchFlags = {
  dataset: Flags.string({
    ...workload,
    ...completing(DATASETS),
    helpValue: 'KIND[:FILE]',
    summary:
      'Choose the requests: random (default), prefix, multi-turn, json, json-unique, json-schema, grammar, regex, choice, or from a file: sharegpt:FILE, custom:FILE, trace:FILE, xgrammar:FILE.',
    env: 'AIBENCH_DATASET',
  }),
  'num-prompts': Flags.integer({
    ...workload,
    ...number,
    char: 'n',
    summary: 'Send N requests. Default 1000.',
    env: 'AIBENCH_NUM_PROMPTS',
  }),
  'input-len': Flags.integer({
    ...workload,
    ...number,
    summary: 'Make prompts of N tokens (random, prefix). Default 1024.',
    env: 'AIBENCH_INPUT_LEN',
  }),
  'output-len': Flags.integer({
    ...workload,
    ...number,
    summary: 'End each answer after N tokens. Default 128; 256 for structured outputs.',
    env: 'AIBENCH_OUTPUT_LEN',
  }),
  endpoint: Flags.string({
    ...workload,
    options: ['chat', 'completions'],
    summary:
      'Call chat/completions or completions. Default completions for random, prefix and trace, else chat.',
    env: 'AIBENCH_ENDPOINT',
  }),
  temperature: Flags.string({
    ...workload,
    helpValue: 'X',
    summary: 'Sample at temperature X; 0 takes the most likely token. Default 0.',
    env: 'AIBENCH_TEMPERATURE',
  }),
  'extra-body': Flags.string({
    ...workload,
    helpValue: 'JSON|@FILE',
    summary:
      'Add the fields of this JSON object to the body of every request, such as {"top_p":0.9}.',
    env: 'AIBENCH_EXTRA_BODY',
  }),
  salt: Flags.string({
    ...workload,
    ...completing(['none']),
    helpValue: 'TEXT',
    summary:
      'Add this prefix to every prompt, to defeat prefix caching from earlier runs; none adds nothing. Default: the run’s id.',
    env: 'AIBENCH_SALT',
  }),
  seed: Flags.integer({
    ...workload,
    helpValue: 'N',
    summary: 'Seed the prompts, lengths and arrival times. Default 1.',
    env: 'AIBENCH_SEED',
  }),
  plan: Flags.string({
    ...workload,
    summary: 'Repeat a plan: a file, the id of a run, or - for stdin.',
  }),
  rate: Flags.string({
    ...load,
    ...completing(['inf']),
    helpValue: 'N',
    summary:
      'Open loop: send N requests per second regardless of the server; inf sends all at once. Default 4.',
    env: 'AIBENCH_RATE',
  }),
  concurrency: Flags.integer({
    ...load,
    ...number,
    char: 'c',
    summary: 'Closed loop, instead of --rate: keep N requests in flight.',
    env: 'AIBENCH_CONCURRENCY',
  }),
  ramp: Flags.string({
    ...load,
    helpValue: 'FROM:TO:TIME',
    summary: 'Open loop, instead of --rate: go from one rate to another, such as 1:20:5m.',
    env: 'AIBENCH_RAMP',
  }),
  'trace-speed': Flags.string({
    ...load,
    helpValue: 'X',
    summary: 'Replay a trace, instead of --rate, at X times its speed.',
    env: 'AIBENCH_TRACE_SPEED',
  }),
  arrival: Flags.string({
    ...load,
    options: ['poisson', 'constant', 'gamma'],
    summary: 'Space the requests of --rate this way. Default poisson.',
    env: 'AIBENCH_ARRIVAL',
  }),
  burstiness: Flags.string({
    ...load,
    helpValue: 'X',
    summary: 'Shape --arrival gamma: 1 is Poisson, below 1 burstier, above 1 more even. Default 1.',
    env: 'AIBENCH_BURSTINESS',
  }),
  'max-concurrency': Flags.integer({
    ...load,
    ...number,
    summary:
      'Cap the requests in flight (open loop). The rest wait in the client; only the “when due” figures include that wait.',
    env: 'AIBENCH_MAX_CONCURRENCY',
  }),
  duration: Flags.string({
    ...load,
    ...time,
    summary: 'Send requests for TIME; with --num-prompts, stop at whichever comes first.',
    env: 'AIBENCH_DURATION',
  }),
  warmup: Flags.string({
    ...load,
    helpValue: 'TIME|N',
    summary: 'Warm up first for TIME or N requests (not measured). Default 4.',
    env: 'AIBENCH_WARMUP',
  }),
  repeats: Flags.integer({
    ...load,
    ...number,
    summary: 'Repeat the whole run N times, to see the variation. Default 1.',
    env: 'AIBENCH_REPEATS',
  }),
  slo: Flags.string({
    ...judgement,
    ...many,
    helpValue: 'LIMIT',
    summary: 'Set a threshold, such as ttft_p99<500ms; exit with 99 if it is missed. Repeatable.',
    env: 'AIBENCH_SLO',
  }),
  goodput: Flags.string({
    ...judgement,
    helpValue: 'LIMITS',
    summary: 'Count the requests that meet all of these limits, such as ttft<500ms,tpot<40ms.',
    env: 'AIBENCH_GOODPUT',
  }),
  'find-max-rate': Flags.boolean({
    ...judgement,
    summary:
      'Search for the highest rate that meets every --slo; each step lasts --duration (default 30s), 10s at least.',
  }),
  'max-error-share': Flags.string({
    ...judgement,
    helpValue: 'X',
    summary: 'Fail the run when a larger share of the requests failed. Default 0.01.',
    env: 'AIBENCH_MAX_ERROR_SHARE',
  }),
  'paired-baseline': Flags.boolean({
    ...structured,
    summary:
      'Send the same prompts without their constraints too, to show what the constraints cost.',
    env: 'AIBENCH_PAIRED_BASELINE',
  }),
  clients: Flags.integer({
    ...instrument,
    ...number,
    summary: 'Send from N processes; the schedule is the same for any N. Default 1.',
    env: 'AIBENCH_CLIENTS',
  }),
  'client-nodes': Flags.integer({
    ...instrument,
    helpValue: 'N',
    min: 0,
    summary: 'Run the clients on N nodes of their own; 0 runs them beside the server. Default 0.',
    env: 'AIBENCH_CLIENT_NODES',
  }),
  'ttft-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'Fail a request with no first token within TIME. Default 10m.',
    env: 'AIBENCH_TTFT_TIMEOUT',
  }),
  'idle-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'Fail a request with no further token within TIME. Default 2m.',
    env: 'AIBENCH_IDLE_TIMEOUT',
  }),
  'total-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'Fail a request not finished within TIME. Default 1h.',
    env: 'AIBENCH_TOTAL_TIMEOUT',
  }),
  'self-test': Flags.boolean({
    ...instrument,
    summary: 'Measure the client alone, against a server that does nothing.',
  }),
  url: Flags.string({
    ...target,
    summary:
      'Benchmark any server with an OpenAI-compatible API, at http:// or https://, that aibench did not start.',
    env: 'AIBENCH_URL',
  }),
  'api-key-file': Flags.string({
    ...target,
    summary: 'Read the bearer token for --url from this file (mode 0600).',
    dependsOn: ['url'],
    env: 'AIBENCH_API_KEY_FILE',
  }),
  ...foreignFlags,
  'served-model-name': Flags.string({
    ...target,
    summary: 'Ask for this model. Default: the first one that the server lists.',
    env: 'AIBENCH_SERVED_MODEL_NAME',
  }),
  events: Flags.boolean({
    ...output,
    summary: 'Print progress as JSON lines on stdout; the last line is that of --json.',
  }),
  'save-as': saveAsFlag,
}
