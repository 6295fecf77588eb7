/**
 * Expands Slurm's node list: `mel[0001-0003,0010],login1` → `mel0001 mel0002 mel0003 mel0010 login1`.
 * Zeros in front are kept, several brackets in a name are combined; `(null)`, `None assigned` and an empty text are no nodes.
 */
export function expandNodeList(text: string): string[] {
  const list = text.trim()
  if (list === '' || list === '(null)' || list === 'None assigned') return []
  return splitOutsideBrackets(list).flatMap(expandName)
}

function splitOutsideBrackets(list: string): string[] {
  return list.split(/,(?![^[]*\])/).filter(Boolean)
}

function expandName(name: string): string[] {
  const match = /^([^[]*)\[([^\]]*)\](.*)$/.exec(name)
  if (!match) return [name]
  const [, before, ranges, after] = match
  const tails = expandName(after)
  return ranges
    .split(',')
    .flatMap(expandRange)
    .flatMap((number) => tails.map((tail) => before + number + tail))
}

function expandRange(range: string): string[] {
  const match = /^(\d+)-(\d+)$/.exec(range)
  if (!match) return [range]
  const [, from, to] = match
  const count = Number(to) - Number(from) + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    String(Number(from) + i).padStart(from.length, '0'),
  )
}
