import { withValues, type ParsedIni } from './ini.js'

export interface RunDirectories {
  /** Where the test files go, whole: io500 adds nothing to it. */
  dataDir: string
  resultDir: string
}

/**
 * The ini of one run: its directories are set, and whole, so that layouts can be made in them before it starts; all else is the user's,
 * comments too. A directory whose name io500 can't take (a # or ; in it) is among the problems of what is given back.
 */
export function fixedFor(ini: ParsedIni, { dataDir, resultDir }: RunDirectories): ParsedIni {
  return withValues(ini, [
    { section: 'global', name: 'datadir', value: dataDir, comment: ['Set for this run.'] },
    { section: 'global', name: 'timestamp-datadir', value: 'FALSE' },
    { section: 'global', name: 'resultdir', value: resultDir },
    { section: 'global', name: 'timestamp-resultdir', value: 'FALSE' },
  ])
}
