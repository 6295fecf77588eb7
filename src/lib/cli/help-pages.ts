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
}

const GENERAL_VARIABLES: readonly [string, string][] = [
  ['AIBENCH_HOME', 'moves state, settings, caches and installed servers together to this folder'],
  ['AIBENCH_RUNS_DIR', 'where run directories are made; must be seen by the nodes'],
  ['AIBENCH_CHROMA_COMMAND', 'the chroma program to run'],
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

const FILES: readonly [string, string][] = [
  [
    '~/.local/state/aibench/',
    'state.json, runs/, local/ (jobs of the local scheduler), log/ (our mistakes)',
  ],
  [
    '  runs/TIME-SERVICE-ID/',
    'job.sh lib.sh job.json job.env stdout.log stderr.log endpoint.json receipt.json',
  ],
  ['  runs/…/bench/RUN/', 'plan.json requests.ndjson result.json'],
  ['~/.config/aibench/', 'config.json: your settings'],
  ['~/.cache/aibench/', 'ground truth of data sets, partition names'],
  ['~/.local/share/aibench/', 'servers that aibench has installed'],
]
