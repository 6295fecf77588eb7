import { formatBytes, formatCount } from '../../platform/units.js'
import type { Style } from '../../report/style.js'
import type { SaveReport } from '../reports.js'

export function saveView(
  { path, bytes, files, sha256, leftOut, incomplete }: SaveReport,
  style: Style,
): string {
  return [
    path,
    `${formatCount(files)} files, ${formatBytes(bytes)}, read back and compared · sha256 ${sha256.slice(0, 16)}…`,
    `left out: ${leftOut.join(', ')}`,
    ...incomplete.map(({ file, why }) => style.waiting(`not complete: ${file}: ${why}`)),
  ].join('\n')
}
