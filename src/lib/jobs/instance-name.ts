import { UsageError } from '../platform/errors.js'

const LONGEST = 64

/**
 * A name that can stand in a command line, a table and a file's name as it is.
 * @throws UsageError
 */
export function instanceName(name: string): string {
  if (name.length <= LONGEST && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return name
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name
  throw new UsageError(
    `--name must be 1 to ${LONGEST} letters, digits, ".", "_" or "-", and begin with a letter, digit or "_": not "${shown}"`,
    { code: 'AIB_NAME' },
  )
}
