import type { Style } from '../report/style.js'
import { wrapWords } from '../report/wrap.js'
import { EXIT_CODES } from './exit-codes.js'
import { rows } from './command-help.js'
import { OWN_PAGES, type Manifest } from './manifest.js'
import type { Rows } from './topic.js'

type Page = (manifest: Manifest, style: Style) => string

/** @returns undefined when there is no page of that name */
export function pageText(manifest: Manifest, name: string, style: Style): string | undefined {
  const own = OWN_PAGES.find((page) => page === name)
  if (own) return PAGES[own](manifest, style)
  if (!Object.hasOwn(manifest.pages, name)) return undefined
  const { intro, rows: pairs } = manifest.pages[name]
  return [...wrapWords(intro, style.columns), '', ...rows(pairs, style)].join('\n')
}

const PAGES: Readonly<Record<(typeof OWN_PAGES)[number], Page>> = {
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
  environment: (manifest, style) => {
    const variables = Object.values(manifest.topics).flatMap((topic) => topic.variables ?? [])
    return [
      ...wrapWords(
        'Environment variables. A flag wins over its variable, a variable over a setting (aibench config).',
        style.columns,
      ),
      '',
      ...rows([...GENERAL_VARIABLES, ...variables, ...OTHER_VARIABLES], style),
      '',
      ...wrapWords(
        'Most flags have a variable as well: AIBENCH_ and the name of the flag in capitals, with _ for -. ' +
          '--partition is AIBENCH_PARTITION. Where services differ, theirs is in the middle: AIBENCH_SERVICE_IMAGE. ' +
          'A flag without a value is set by true. These flags have none:',
        style.columns,
      ),
      ...wrapWords(flagsWithoutVariable(manifest).join(' '), style.columns - 2).map(
        (line) => `  ${line}`,
      ),
    ].join('\n')
  },
  files: (_manifest, style) =>
    ['Where everything is kept; directories are 0700, files 0600.', '', ...rows(FILES, style)].join(
      '\n',
    ),
}

const GENERAL_VARIABLES: Rows = [
  ['AIBENCH_HOME', 'directory for state, settings, caches and installed servers together'],
  ['AIBENCH_RUNS_DIR', 'directory for run directories; the nodes must see it'],
]

const OTHER_VARIABLES: Rows = [
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

const FILES: Rows = [
  [
    '~/.local/state/aibench/',
    'state.json, runs/, local/ (jobs of the local scheduler), log/ (internal errors)',
  ],
  [
    '  runs/TIME-SERVICE-ID/',
    'job.sh service.sh lib.sh lib/ job.json job.env stdout.log stderr.log endpoint.MEMBER.json receipt.json',
  ],
  ['  runs/…/bench/RUN/', 'plan.json requests.ndjson series.ndjson result.json'],
  ['~/.config/aibench/', 'config.json: your settings'],
  ['~/.cache/aibench/', 'ground truth of datasets, partition names'],
  ['~/.local/share/aibench/', 'servers that aibench has installed'],
]
