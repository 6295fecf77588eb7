import * as Flags from '@oclif/core/flags'

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

/** What a benchmark of an inference server can be told. No flag has a default here: the plan has them. */
export const inferenceBenchFlags = {
  dataset: Flags.string({
    ...workload,
    helpValue: 'KIND[:FILE]',
    summary:
      'random (default), prefix, multi-turn, json, json-unique, json-schema, grammar, regex, choice, ' +
      'or from a file: sharegpt:FILE, custom:FILE, trace:FILE, xgrammar:FILE.',
    env: 'AIBENCH_DATASET',
  }),
  'num-prompts': Flags.integer({
    ...workload,
    ...number,
    char: 'n',
    summary: 'Requests to send. Default 1000.',
    env: 'AIBENCH_NUM_PROMPTS',
  }),
  'input-len': Flags.integer({
    ...workload,
    ...number,
    summary: 'Tokens of a prompt, of random and prefix. Default 1024.',
    env: 'AIBENCH_INPUT_LEN',
  }),
  'output-len': Flags.integer({
    ...workload,
    ...number,
    summary: 'Tokens of an answer, at most. Default 128.',
    env: 'AIBENCH_OUTPUT_LEN',
  }),
  endpoint: Flags.string({
    ...workload,
    options: ['chat', 'completions'],
    summary: 'What is asked; random token ids need completions.',
    env: 'AIBENCH_ENDPOINT',
  }),
  temperature: Flags.string({
    ...workload,
    helpValue: 'X',
    summary: 'Of the sampling; 0 takes the likeliest token.',
    env: 'AIBENCH_TEMPERATURE',
  }),
  salt: Flags.string({
    ...workload,
    helpValue: 'TEXT',
    summary:
      'Begins every prompt, so that no prefix cache of an earlier run is hit; by default the run’s id; none: nothing.',
    env: 'AIBENCH_SALT',
  }),
  seed: Flags.integer({
    ...workload,
    helpValue: 'N',
    summary: 'Seed of prompts, lengths and arrivals. Default 1.',
    env: 'AIBENCH_SEED',
  }),
  plan: Flags.string({
    ...workload,
    summary: 'Repeat a plan: a file, a run’s id, or - for stdin.',
    env: 'AIBENCH_PLAN',
  }),
  rate: Flags.string({
    ...load,
    helpValue: 'N',
    summary: 'Requests a second that come whatever the server does; inf: all at once.',
    env: 'AIBENCH_RATE',
  }),
  concurrency: Flags.integer({
    ...load,
    ...number,
    char: 'c',
    summary: 'In place of --rate: requests in flight, the next when one ends.',
    env: 'AIBENCH_CONCURRENCY',
  }),
  ramp: Flags.string({
    ...load,
    helpValue: 'FROM:TO:TIME',
    summary: 'In place of --rate: from one rate to another, such as 1:20:5m.',
    env: 'AIBENCH_RAMP',
  }),
  'trace-speed': Flags.string({
    ...load,
    helpValue: 'X',
    summary: 'In place of --rate: at the times of the trace, so many times as fast.',
    env: 'AIBENCH_TRACE_SPEED',
  }),
  arrival: Flags.string({
    ...load,
    options: ['poisson', 'constant', 'gamma'],
    summary: 'How requests of --rate come.',
    env: 'AIBENCH_ARRIVAL',
  }),
  burstiness: Flags.string({
    ...load,
    helpValue: 'X',
    summary: 'Of --arrival gamma: 1 is Poisson, below 1 in bursts, above 1 more even.',
    env: 'AIBENCH_BURSTINESS',
  }),
  'max-concurrency': Flags.integer({
    ...load,
    ...number,
    summary:
      'Of --rate, --ramp and --trace-speed: no more in flight; the others wait in the client, and only “when due” shows it.',
    env: 'AIBENCH_MAX_CONCURRENCY',
  }),
  duration: Flags.string({
    ...load,
    ...time,
    summary: 'Send for so long; with --num-prompts too, whichever ends first.',
    env: 'AIBENCH_DURATION',
  }),
  warmup: Flags.string({
    ...load,
    helpValue: 'TIME|N',
    summary: 'Not measured, before: 30s, or a number of requests.',
    env: 'AIBENCH_WARMUP',
  }),
  repeats: Flags.integer({
    ...load,
    ...number,
    summary: 'Do all of it so many times, for the spread.',
    env: 'AIBENCH_REPEATS',
  }),
  slo: Flags.string({
    ...judgement,
    ...many,
    helpValue: 'LIMIT',
    summary: 'A threshold, such as ttft_p99<500ms; missed, the exit code is 99. Repeatable.',
    env: 'AIBENCH_SLO',
  }),
  goodput: Flags.string({
    ...judgement,
    helpValue: 'LIMITS',
    summary: 'Count requests that keep all of these, such as ttft<500ms,tpot<40ms.',
    env: 'AIBENCH_GOODPUT',
  }),
  'find-max-rate': Flags.boolean({
    ...judgement,
    summary:
      'Look for the highest rate at which every --slo holds; a step takes --duration, or ten seconds at least.',
    env: 'AIBENCH_FIND_MAX_RATE',
  }),
  'max-error-share': Flags.string({
    ...judgement,
    helpValue: 'X',
    summary: 'Above this share of failed requests the run has failed.',
    env: 'AIBENCH_MAX_ERROR_SHARE',
  }),
  'paired-baseline': Flags.boolean({
    ...structured,
    summary: 'Run the same prompts without their constraints too: what the constraints cost.',
    env: 'AIBENCH_PAIRED_BASELINE',
  }),
  clients: Flags.integer({
    ...instrument,
    ...number,
    summary: 'Processes that send; the schedule is the same for any number.',
    env: 'AIBENCH_CLIENTS',
  }),
  'client-nodes': Flags.integer({
    ...instrument,
    helpValue: 'N',
    min: 0,
    summary: 'Nodes of their own for them; 0: beside the server.',
    env: 'AIBENCH_CLIENT_NODES',
  }),
  'ttft-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'A request without a token for so long has failed.',
    env: 'AIBENCH_TTFT_TIMEOUT',
  }),
  'idle-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'So has one without a further event.',
    env: 'AIBENCH_IDLE_TIMEOUT',
  }),
  'total-timeout': Flags.string({
    ...instrument,
    ...time,
    summary: 'And one that lasts so long.',
    env: 'AIBENCH_TOTAL_TIMEOUT',
  }),
  'self-test': Flags.boolean({
    ...instrument,
    summary: 'Measure the instrument alone, against a server that does nothing.',
    env: 'AIBENCH_SELF_TEST',
  }),
  url: Flags.string({
    ...target,
    summary: 'A server that aibench did not start: any with OpenAI’s interface.',
    env: 'AIBENCH_URL',
  }),
  'api-key-file': Flags.string({
    ...target,
    summary: 'File with the bearer token for --url, readable by you alone.',
    dependsOn: ['url'],
    env: 'AIBENCH_API_KEY_FILE',
  }),
  'served-model-name': Flags.string({
    ...target,
    summary: 'As the server calls the model; by default its first.',
    env: 'AIBENCH_SERVED_MODEL_NAME',
  }),
  events: Flags.boolean({
    ...output,
    summary: 'Everything as JSON lines on stdout while it runs; the last line is that of --json.',
    env: 'AIBENCH_EVENTS',
  }),
  'save-as': Flags.string({
    ...output,
    ...many,
    helpValue: 'FORMAT:FILE',
    summary: 'Write the figures too: vllm:FILE as vllm bench serve does, csv:FILE. Repeatable.',
    env: 'AIBENCH_SAVE_AS',
  }),
}
