import { BACK_ENDS } from '../../instrument/filesystem/ini/apis.js'
import { parseIni } from '../../instrument/filesystem/ini/ini.js'
import type { Context } from '../../jobs/contract.js'
import { readHeadIfThere } from '../../platform/files.js'

/** The programs are the user's: io500 and, beside it or on PATH, ior and mdtest. */
export type Tool = 'io500' | 'ior' | 'mdtest'

/** What a look at a program found. */
export interface Look {
  path: string
  /** `io500-isc26_v2-26-g02091cf254d8`, as it stands in the program. */
  version: string | null
  /** What `--list` prints. */
  list: string
  /** Back ends that it was built with; null when it does not show. */
  apis: readonly string[] | null
}

/** Says where the first of the words is, and lets io500 list its options; `grep` finds its version, where there is one. */
const LOOK = `tool=$1; shift
for word do
  path=$(command -v "$word" 2>/dev/null) && [ -f "$path" ] && [ -x "$path" ] || continue
  echo "aibench-path=$path"
  [ "$tool" = io500 ] || exit 0
  echo "aibench-version=$(grep -aoE 'io500-i?sc[0-9][0-9][A-Za-z0-9_.-]*' "$path" 2>/dev/null | head -n 1)"
  exec "$path" --list
done
exit 127`
const LONGEST_LOOK_MS = 20_000

/**
 * Looks for the first of the words that is a program, within what loads a module or enters an image.
 * @returns a sentence when it can't be seen
 */
export async function lookAt(
  { processes, environment, signal }: Context,
  within: readonly string[],
  words: readonly string[],
  tool: Tool,
): Promise<Look | string> {
  const [command, ...args] = [...within, 'sh', '-c', LOOK, 'sh', tool, ...words]
  const {
    exitCode,
    stdout,
    stderr,
    timedOut,
    missing: isMissing,
  } = await processes.run(command, args, {
    timeoutMs: LONGEST_LOOK_MS,
    cwd: environment.cwd,
    env: environment.variables,
    signal,
  })
  signal.throwIfAborted()
  if (isMissing) return `${command} is not on this machine`
  if (timedOut) return `it gave no answer within ${LONGEST_LOOK_MS / 1000} s`
  const [, path] = /^aibench-path=(.+)$/m.exec(stdout) ?? []
  const told = stderr.trim().split('\n').at(-1)?.trim() ?? ''
  if (path === undefined) return told === '' ? `it has no ${words.join(', ')}` : told
  if (tool !== 'io500') return { path, version: null, list: '', apis: null }
  const [, version = ''] = /^aibench-version=(.*)$/m.exec(stdout) ?? []
  const list = stdout.slice(stdout.search(/^# Supported|^\[global\]/m))
  const isList =
    exitCode === 0 &&
    parseIni(list).lines.some((line) => line.kind === 'section' && line.section === 'global')
  if (!isList) return told === '' ? 'it lists no options of io500' : told
  return { path, version: version || null, list, apis: null }
}

/** More than any io500. */
const LARGEST_BINARY = 64 * 1024 * 1024

/**
 * Each back end that was built in has a symbol, `posix_aiori`; its name alone stands in programs without it too. A program without symbols
 * says nothing.
 */
export async function readBinary(path: string): Promise<Pick<Look, 'version' | 'apis'>> {
  const bytes = (await readHeadIfThere(path, LARGEST_BINARY)) ?? ''
  const [version = null] = /io500-i?sc\d\d[\w.-]*/.exec(bytes) ?? []
  const symbols = bytes.toLowerCase()
  const found = BACK_ENDS.filter((name) =>
    symbols.includes(`${name.toLowerCase().replace('-', '_')}_aiori\0`),
  )
  const isWhole = found.includes('POSIX') && found.includes('DUMMY')
  return { version, apis: isWhole ? found : null }
}
