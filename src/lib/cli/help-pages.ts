import type { Style } from '../report/style.js'
import { EXIT_CODES } from './exit-codes.js'
import { rows } from './help.js'
import type { Manifest } from './manifest.js'

type Page = (manifest: Manifest, style: Style) => string

/** `aibench help PAGE`. */
export const TOPIC_PAGES: Readonly<Record<string, Page>> = {
  'exit-codes': (_manifest, style) =>
    [
      'What the exit code of every command means. Under --json it is also in the envelope.',
      '',
      ...rows(
        EXIT_CODES.map(([code, name, meaning]) => [
          `${String(code).padStart(3)}  ${name}`,
          meaning,
        ]),
        style,
      ),
    ].join('\n'),
  environment: (manifest, style) =>
    [
      'Variables that are read. A flag wins over its variable, a variable over a setting (aibench config).',
      '',
      ...rows([...GENERAL_VARIABLES, ...flagVariables(manifest)], style),
    ].join('\n'),
  files: (_manifest, style) =>
    ['Where everything is kept; folders 0700, files 0600.', '', ...rows(FILES, style)].join('\n'),
  metrics: (_manifest, style) =>
    [
      'What the figures of aibench vllm bench mean. All times are of successful requests, on a monotonic clock.',
      '',
      ...rows(METRICS, style),
    ].join('\n'),
}

const GENERAL_VARIABLES: readonly [string, string][] = [
  ['AIBENCH_HOME', 'moves state, settings, caches and installed servers together to this folder'],
  ['AIBENCH_RUNS_DIR', 'where run directories are made; must be seen by the nodes'],
  ['AIBENCH_CHROMA_COMMAND', 'the chroma program to run'],
  ['AIBENCH_VLLM_COMMAND', 'the vllm program to run'],
  ['AIBENCH_SLURM_TIMEOUT', 'how long a Slurm command may take; default 30s'],
  ['AIBENCH_SLURM_RETRIES', 'pauses before a read is tried again; default 2s,4s,8s'],
  ['SLURM_CONF', 'which cluster; all other SLURM_*, SBATCH_* and SQUEUE_* variables are ignored'],
  ['NO_COLOR, FORCE_COLOR', 'colour never, or also into a pipe'],
  [
    'XDG_STATE_HOME, XDG_CONFIG_HOME',
    'and XDG_CACHE_HOME, XDG_DATA_HOME: where things are kept without AIBENCH_HOME',
  ],
]

/** One variable may stand for the same flag of several commands. */
function flagVariables({ commands }: Manifest): [string, string][] {
  const found = new Map<string, Set<string>>()
  for (const { flags } of Object.values(commands))
    for (const { env, name } of Object.values(flags))
      if (env) found.set(env, (found.get(env) ?? new Set()).add(`--${name}`))
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([env, names]) => [env, [...names].join(', ')])
}

const METRICS: readonly [string, string][] = [
  ['TTFT', 'from the send to the first text of any channel: answer, reasoning or tool call'],
  ['TTFO', 'the same to the first text of the answer itself; shown when it differs'],
  [
    'TPOT',
    'time a token: last token − first token, by the tokens between, as the server counted them; one figure a request',
  ],
  ['ITL', 'from token to token: each gap between events, shared by the tokens that came in it'],
  ['chunk gap', 'from event to event, however many tokens are in each; shown when it differs'],
  ['E2E', 'from the send to the last token; the end of the stream is later and not counted'],
  [
    'when due',
    'the same from the time at which the request was due: what a user waits when the client or the connection is held up',
  ],
  ['goodput', 'requests that keep all limits of --goodput; those that failed do not'],
  [
    'steady',
    'the longest stretch at full load: without the start, and without the end when few are left',
  ],
  ['p99 ?', 'from fewer than 662 samples: too few to bound a 99th percentile'],
  ['dispatch lag', 'how late the client itself was; a client that was the limit exits with 10'],
]

const FILES: readonly [string, string][] = [
  [
    '~/.local/state/aibench/',
    'state.json, runs/, local/ (jobs of the local scheduler), log/ (our mistakes)',
  ],
  [
    '  runs/TIME-SERVICE-ID/',
    'job.sh lib.sh job.json job.env stdout.log stderr.log endpoint.json receipt.json',
  ],
  ['  runs/…/bench/RUN/', 'plan.json requests.ndjson series.ndjson result.json'],
  ['~/.config/aibench/', 'config.json: your settings'],
  ['~/.cache/aibench/', 'ground truth of data sets, partition names'],
  ['~/.local/share/aibench/', 'servers that aibench has installed'],
]
