/**
 * Where a text stops being JSON: ` (from character 12 on)`, or nothing. The parser's own words quote the text, and a file that was given by
 * mistake may hold a secret.
 */
export function whereJsonBreaks(error: unknown): string {
  const [, position] = /at position (\d+)/.exec((error as Error).message) ?? []
  return position === undefined ? '' : ` (from character ${Number(position) + 1} on)`
}
