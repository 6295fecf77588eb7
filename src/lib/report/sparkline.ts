const BARS = '▁▂▃▄▅▆▇█'

/** A histogram in few letters: `▁▇▃▁▁▁`. Bins are joined to fit. */
export function sparkline(counts: readonly number[], width = 6): string {
  const total = counts.reduce((a, b) => a + b, 0)
  if (total === 0) return ''
  const joined = Array.from({ length: width }, (_, i) => {
    const [from, to] = [(i * counts.length) / width, ((i + 1) * counts.length) / width]
    return counts.slice(Math.floor(from), Math.ceil(to)).reduce((a, b) => a + b, 0)
  })
  const most = Math.max(...joined)
  return joined.map((count) => BARS[Math.round((count / most) * (BARS.length - 1))]).join('')
}
