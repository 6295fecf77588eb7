import type { Io500Run } from '../read/contract.js'
import { argumentOf, optionOf } from './facts.js'

/** What to try for a phase, and on what it rests. */
export interface Advice {
  text: string
  /** Where it comes from, with its date. */
  source: string
}

/**
 * For the phase that limits the score: what other results on Lustre did that were better at it, and this one did not or need not have
 * done. Counted over the 43 public Lustre and EXAScaler results since 2020 that come with their scripts (IO500/submission-data f610b34,
 * 2026-02-18): medians per client node of those that do it and those that don't. They show what goes together, not what causes what.
 */
export function adviceFor(phase: string, run: Io500Run, nodes: number | null): Advice[] {
  return HABITS.filter((habit) => habit.phases.test(phase) && habit.mayBeNew(run, nodes)).map(
    ({ text, share, phases: _, medians }) => {
      const [name, withIt, without] = closest(medians, phase)
      return {
        text,
        source: `${share}; median ${name} per node ${withIt} with it, ${without} without (IO500/submission-data, 2026-02-18)`,
      }
    },
  )
}

interface Habit {
  phases: RegExp
  /** It is not there for certain already. */
  mayBeNew(run: Io500Run, nodes: number | null): boolean
  text: string
  share: string
  medians: readonly (readonly [phase: string, withIt: string, without: string])[]
}

const HABITS: readonly Habit[] = [
  {
    phases: /^ior-easy/,
    mayBeNew: (run) => usesPosix(run) && !/odirect/i.test(easyCommand(run)),
    text: 'Let ior-easy go past the page cache: API = POSIX --posix.odirect in [ior-easy] (not in [global]: ior-hard can’t).',
    share: '30 of 43 public Lustre results do',
    medians: [
      ['ior-easy-write', '11.3 GiB/s', '3.7'],
      ['ior-easy-read', '16.6 GiB/s', '3.1'],
    ],
  },
  {
    phases: /^ior-hard/,
    mayBeNew: () => true,
    text: 'Unless it is so already, give the one file of ior-hard several stripes on every OST (lfs setstripe -C), as aibench lustre io500 --layout suggested does.',
    share: '35 of 43 public Lustre results overstripe',
    medians: [
      ['ior-hard-write', '0.53 GiB/s', '0.04'],
      ['ior-hard-read', '3.1 GiB/s', '0.26'],
    ],
  },
  {
    phases: /^(mdtest-|find)/,
    mayBeNew: () => true,
    text: 'Unless it is so already, spread the directories of mdtest over all MDTs (lfs setdirstripe), as aibench lustre io500 --layout suggested does.',
    share: '36 of 43 public Lustre results stripe directories',
    medians: [
      ['mdtest-easy-write', '26 kIOPS', '5.3'],
      ['mdtest-easy-stat', '45 kIOPS', '18'],
      ['mdtest-easy-delete', '24 kIOPS', '6.8'],
      ['mdtest-hard-write', '5.1 kIOPS', '2.3'],
      ['mdtest-hard-stat', '67 kIOPS', '5.1'],
      ['mdtest-hard-read', '26 kIOPS', '3.2'],
      ['mdtest-hard-delete', '2.8 kIOPS', '1.4'],
      ['find', '247 kIOPS', '107'],
    ],
  },
  {
    phases: /^mdtest-hard-(write|read|stat)/,
    mayBeNew: () => true,
    text: 'Unless it is so already, keep the 3901 bytes of a file on the MDT: lfs setstripe -E 64k -L mdt on the directory of mdtest-hard (Data-on-MDT).',
    share: '22 of 43 public Lustre results do',
    medians: [
      ['mdtest-hard-write', '5.1 kIOPS', '2.3'],
      ['mdtest-hard-read', '26 kIOPS', '8.2'],
      ['mdtest-hard-stat', '67 kIOPS', '12'],
    ],
  },
  {
    phases: /^(ior-easy|mdtest-|find)/,
    mayBeNew: ({ procs }, nodes) => nodes !== null && procs !== null && procs / nodes < MANY,
    text: 'Run more processes on each node: --tasks-per-node 64 or more.',
    share: '20 of 49 public Lustre results run 48 or more',
    medians: [
      ['ior-easy-write', '21 GiB/s', '3.7'],
      ['ior-easy-read', '23 GiB/s', '3.7'],
      ['mdtest-easy-write', '39 kIOPS', '4.6'],
      ['mdtest-easy-stat', '90 kIOPS', '9.3'],
      ['mdtest-easy-delete', '32 kIOPS', '2.1'],
      ['mdtest-hard-write', '15 kIOPS', '1.9'],
      ['mdtest-hard-stat', '86 kIOPS', '5.2'],
      ['mdtest-hard-read', '43 kIOPS', '3.5'],
      ['mdtest-hard-delete', '11 kIOPS', '1.3'],
      ['find', '297 kIOPS', '36'],
    ],
  },
]

/** Processes per node. */
const MANY = 48

/** The phase itself where it was counted, else the first of its kind. */
function closest(medians: Habit['medians'], phase: string): Habit['medians'][number] {
  const kind = phase.split('-').slice(0, 2).join('-')
  return (
    medians.find(([name]) => name === phase) ??
    medians.find(([name]) => name.startsWith(kind)) ??
    medians[0]
  )
}

function easyCommand(run: Io500Run): string {
  return run.phases.find(({ name }) => name === 'ior-easy-write')?.exe ?? ''
}

/** Known to be POSIX: from the command line, or from the configuration. */
function usesPosix(run: Io500Run): boolean {
  const phase = run.phases.find(({ name }) => name === 'ior-easy-write')
  const api =
    argumentOf(phase, 'a') ?? optionOf(run, 'ior-easy', 'api') ?? optionOf(run, 'global', 'api')
  return /^POSIX\b/i.test(api ?? '')
}
