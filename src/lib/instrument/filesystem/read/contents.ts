import { parseIni, type ParsedIni } from '../ini/ini.js'
import type { Io500Run, IorReport, MdtestReport } from './contract.js'
import { cluesIn, type Clues } from './death.js'
import { isIorCsv, readIorCsv } from './ior-csv.js'
import { isIorJson, readIorJson } from './ior-json.js'
import { isIorText, readIorText } from './ior-text.js'
import { isMdtestText, readMdtestText } from './mdtest-text.js'
import { isPrinted, readPrinted } from './printed.js'
import { isResultTxt, readResultTxt } from './result-txt.js'

/** What one file is, told by what is in it; its name tells only which phase a text belongs to. */
export interface Contents {
  file: string
  /** From result.txt. */
  recorded: Io500Run[]
  /** From the summary or a log. */
  printed: Io500Run[]
  ior: IorReport[]
  mdtest: MdtestReport[]
  ini: ParsedIni | null
  clues: Clues
  /** What mpirun or srun says of a program that it ran. */
  isOfLauncher: boolean
}

export function contentsOf(text: string, file: string): Contents {
  const isTxt = isResultTxt(text)
  const isPrint = isPrinted(text)
  const recorded = isTxt ? readResultTxt(text, file) : []
  // A log with a result.txt in it: its other lines are no damage.
  if (isTxt && isPrint) for (const run of recorded) run.damage = []
  return {
    file,
    recorded,
    printed: isPrint ? readPrinted(text, file) : [],
    ior: [
      ...(isIorText(text) ? readIorText(text, file) : []),
      ...(isIorJson(text) ? readIorJson(text, file) : []),
      ...(isIorCsv(text) ? readIorCsv(text) : []),
    ],
    mdtest: isMdtestText(text) ? readMdtestText(text, file) : [],
    ini: !isTxt && isIni(text) ? parseIni(text) : null,
    clues: cluesIn(text, file),
    isOfLauncher: /\b(?:mpirun|mpiexec|srun|slurmstepd)\b/.test(text),
  }
}

/** Theirs have a hundred lines. */
const MAX_INI_CHARACTERS = 256 * 1024

function isIni(text: string): boolean {
  return (
    text.length <= MAX_INI_CHARACTERS && /^[ \t]{0,80}\[[ \t]{0,8}global[ \t]{0,8}\]/im.test(text)
  )
}
