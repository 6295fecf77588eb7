import type { Style } from '../report/style.js'
import { wrapWords } from '../report/wrap.js'
import { EXIT_CODES } from './exit-codes.js'
import { rows } from './command-help.js'
import type { Manifest } from './manifest.js'

type Page = (manifest: Manifest, style: Style) => string

/** `aibench help PAGE`. */
export const TOPIC_PAGES: Readonly<Record<string, Page>> = {
  'exit-codes': (_manifest, style) =>
    [
      ...wrapWords(
        'What the exit code of every command means. Under --json it is also in the envelope.',
        style.columns,
      ),
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
      ...wrapWords(
        'Environment variables. A flag wins over its variable, a variable over a setting (aibench config).',
        style.columns,
      ),
      '',
      ...rows(GENERAL_VARIABLES, style),
      '',
      ...wrapWords(
        'Most flags have a variable as well: AIBENCH_ and the name of the flag in capitals, with _ for -. ' +
          '--gpus-per-node is AIBENCH_GPUS_PER_NODE; a flag without a value is set by true. These flags have none:',
        style.columns,
      ),
      ...wrapWords(flagsWithoutVariable(manifest).join(' '), style.columns - 2).map(
        (line) => `  ${line}`,
      ),
    ].join('\n'),
  files: (_manifest, style) =>
    ['Where everything is kept; directories are 0700, files 0600.', '', ...rows(FILES, style)].join(
      '\n',
    ),
  metrics: (_manifest, style) =>
    [
      ...wrapWords(
        'What the figures of aibench vllm bench mean. Times are of successful requests only.',
        style.columns,
      ),
      '',
      ...rows(METRICS, style),
    ].join('\n'),
}

const GENERAL_VARIABLES: readonly [string, string][] = [
  ['AIBENCH_HOME', 'directory for state, settings, caches and installed servers together'],
  ['AIBENCH_RUNS_DIR', 'directory for run directories; the nodes must see it'],
  ['AIBENCH_CHROMA_COMMAND', 'the chroma program to run'],
  ['AIBENCH_VLLM_COMMAND', 'the vllm program to run'],
  ['AIBENCH_SLURM_TIMEOUT', 'limit for each Slurm command; default 30s'],
  ['AIBENCH_SLURM_RETRIES', 'pauses before a query is repeated; default 2s,4s,8s'],
  [
    'SLURM_CONF',
    'selects the cluster; all other SLURM_*, SBATCH_* and SQUEUE_* variables are ignored',
  ],
  ['NO_COLOR, FORCE_COLOR', 'never use colour; use it in pipes too'],
  [
    'XDG_STATE_HOME, XDG_CONFIG_HOME',
    'and XDG_CACHE_HOME, XDG_DATA_HOME: base directories, without AIBENCH_HOME',
  ],
]

/** Flags that act once: a variable that was forgotten in a shell would be an accident. */
function flagsWithoutVariable({ commands }: Manifest): string[] {
  const flags = Object.values(commands).flatMap((command) => Object.values(command.flags))
  const names = flags.filter(({ env }) => env === undefined).map(({ name }) => `--${name}`)
  return [...new Set(names)].sort()
}

const METRICS: readonly [string, string][] = [
  [
    'TTFT',
    'time to first token: from the send to the first text in any channel (answer, reasoning, tool call)',
  ],
  ['TTFO', 'the same, to the first text of the answer itself; shown when it differs'],
  [
    'TPOT',
    'time per output token of one request: (last token − first token) ÷ the tokens between, as the server counted them',
  ],
  ['ITL', 'inter-token latency: the gap between two events, shared by the tokens of the second'],
  [
    'chunk gap',
    'the gap between two events, however many tokens are in each; shown when it differs',
  ],
  [
    'E2E',
    'end to end: from the send to the last token; usage and the end of the stream are not counted',
  ],
  [
    'when due',
    'the same, from the time at which the request was due: includes time waiting in the client',
  ],
  ['goodput', 'requests that meet all limits of --goodput; failed requests do not'],
  [
    'steady',
    'requests sent and finished between the ramp-up (closed loop: all slots busy; open loop: first answer) and the last send',
  ],
  ['p99 ?', 'from fewer than 662 samples: not reliable'],
  [
    'dispatch lag',
    'how late the client sent a request; when this spoils the figures, the exit code is 10',
  ],
]

const FILES: readonly [string, string][] = [
  [
    '~/.local/state/aibench/',
    'state.json, runs/, local/ (jobs of the local scheduler), log/ (internal errors)',
  ],
  [
    '  runs/TIME-SERVICE-ID/',
    'job.sh lib.sh lib/ job.json job.env stdout.log stderr.log endpoint.MEMBER.json receipt.json',
  ],
  ['  runs/…/bench/RUN/', 'plan.json requests.ndjson series.ndjson result.json'],
  ['~/.config/aibench/', 'config.json: your settings'],
  ['~/.cache/aibench/', 'ground truth of datasets, partition names'],
  ['~/.local/share/aibench/', 'servers that aibench has installed'],
]
