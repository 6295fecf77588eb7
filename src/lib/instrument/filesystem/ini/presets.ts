import type { IniSchema } from './schema.js'

export const PRESETS = ['debug', 'quick', 'full', 'scc', 'submission'] as const
export type Preset = (typeof PRESETS)[number]

/** What each is for, in one sentence. */
export const PRESET_WORDS: Readonly<Record<Preset, string>> = {
  debug: 'does it run at all: every phase with a few files, in seconds',
  quick: 'a look at every phase: 30 s for each one that writes; not for a list',
  full: 'the whole benchmark by the rules: 300 s for each phase that writes',
  scc: 'the rules of the Student Cluster Competition: 30 s, caches dropped before each phase',
  submission: 'the whole benchmark by the rules, with what may be tuned written out',
}

interface Setting {
  /** `section.option`, as io500 writes it. */
  key: string
  /** Null: shown behind #, to be taken in by hand. */
  value: string | null
  /** What it would be. */
  example?: string
  comment?: readonly string[]
}

const set = (key: string, value: string, ...comment: string[]): Setting => ({ key, value, comment })
const may = (key: string, example: string, ...comment: string[]): Setting => ({
  key,
  value: null,
  example,
  comment,
})

const DIRECTORIES: readonly Setting[] = [
  set(
    'global.datadir',
    './datafiles',
    'set by aibench lustre io500 to a directory of its own, for each run;',
    'started by hand, io500 writes to these, under the directory where it starts.',
  ),
  set('global.resultdir', './results'),
]

const TUNABLE: readonly Setting[] = [
  set(
    'ior-easy.transferSize',
    '2m',
    'Free to tune: how this storage likes large files best. 1m to 16m are usual.',
  ),
  set(
    'ior-easy.blockSize',
    '9920000m',
    'Bytes of each process, a multiple of transferSize: must last longer than 300 s.',
  ),
  may(
    'ior-easy.API',
    'POSIX --posix.odirect',
    'O_DIRECT, past the page cache: here only, the other phases are not aligned.',
  ),
  may('ior-easy.filePerProc', 'FALSE', 'One file for all processes.'),
  may('ior-easy.uniqueDir', 'TRUE', 'A directory for each process.'),
  may(
    'ior-hard.API',
    'MPIIO',
    'The 47008 bytes of a transfer are fixed. MPIIO can join them: collective = TRUE.',
  ),
  may('ior-hard.collective', 'TRUE'),
  set(
    'ior-hard.segmentCount',
    '10000000',
    'Transfers of each process: raise it when 470 GB a process do not last 300 s.',
  ),
  set(
    'mdtest-easy.n',
    '1000000',
    'Files of each process: raise it above 3 333 creates a second and process.',
  ),
  set('mdtest-hard.n', '1000000'),
  may('find.nproc', '64', 'Fewer processes than the run has are sometimes faster.'),
  may('find.external-script', '/path/find.sh', 'Another find; its source goes with a submission.'),
]

const SETTINGS: Readonly<Record<Preset, readonly Setting[]>> = {
  debug: [
    set('debug.stonewall-time', '1', '300 is what counts: with 1 s the result is invalid.'),
    set('ior-easy.transferSize', '1m'),
    set('ior-easy.blockSize', '64m', 'Bytes of each process.'),
    set('ior-hard.segmentCount', '1000', 'Transfers of 47008 bytes, of each process.'),
    set('mdtest-easy.n', '1000', 'Files of each process.'),
    set('mdtest-hard.n', '1000'),
  ],
  quick: [
    set('debug.stonewall-time', '30', '300 is what counts: with 30 s the result is invalid.'),
  ],
  full: [set('debug.stonewall-time', '300')],
  scc: [
    set('global.scc', 'TRUE', 'A stonewall of 30 s counts.'),
    set(
      'global.drop-caches',
      'TRUE',
      'One node reads from its memory what it has just written, unless that is dropped.',
    ),
    may(
      'global.drop-caches-cmd',
      'sudo -n bash -c "echo 3 > /proc/sys/vm/drop_caches"',
      'Must work without a password on the node; else io500 warns and goes on.',
    ),
    set('debug.stonewall-time', '30'),
  ],
  submission: [set('debug.stonewall-time', '300', 'The only one that counts.'), ...TUNABLE],
}

const HEADS: Readonly<Record<Preset, readonly string[]>> = {
  debug: [
    'Every phase runs to its end, with 64 MiB and 1 000 files of each process: about 15 s on a',
    'laptop. Shows that program, MPI and directories work; its figures mean nothing.',
  ],
  quick: [
    'Each phase that writes goes on for 30 s, and then until all processes have written as much as',
    'the fastest: 3 to 20 minutes in all. Good for comparing two settings. Caches weigh more in it',
    'than in 300 s, so its figures are not those of a full run.',
  ],
  full: [
    'Each phase that writes goes on for 300 s, and then until all processes have written as much as',
    'the fastest: 25 to 120 minutes in all, and some TiB on a fast system. Its result is valid;',
    'to be ranked it takes 10 nodes or more.',
  ],
  scc: ['As for the Student Cluster Competition. A run takes 3 to 20 minutes.'],
  submission: [
    'As for the lists: 10 nodes or more (10 exactly for the 10-node lists), 300 s, nothing changed',
    'but what stands below. Layouts (lfs setstripe) may be set on the directories ior-easy,',
    'ior-hard, mdtest-easy and mdtest-hard only: aibench lustre io500 --layout. 25 to 120 minutes.',
  ],
}

/** An ini file for one purpose, with comments that say what each value is for; only what this io500 knows. */
export function presetIni(preset: Preset, { sections, release }: IniSchema): string {
  const groups = new Map<string, string[]>()
  for (const setting of [...DIRECTORIES, ...SETTINGS[preset]]) {
    const dot = setting.key.indexOf('.')
    const [section, name] = [setting.key.slice(0, dot), setting.key.slice(dot + 1)]
    if (!sections.get(section.toLowerCase())?.options.has(name.toLowerCase())) continue
    const line =
      setting.value === null ? `# ${name} = ${setting.example ?? ''}` : `${name} = ${setting.value}`
    const lines = [...(setting.comment ?? []).map((text) => `# ${text}`), line]
    groups.set(section, [...(groups.get(section) ?? []), ...lines])
  }
  return [
    `# io500, preset ${preset}:`,
    `# ${PRESET_WORDS[preset]}.`,
    ...HEADS[preset].map((line) => `# ${line}`),
    `# For the options of ${release}; all that is not here is as io500 has it.`,
    ...[...groups].flatMap(([section, lines]) => ['', `[${section}]`, ...lines]),
    '',
  ].join('\n')
}
