import { formatBytes, formatCount } from '../../platform/units.js'
import type { PrunedInstance, PruneReport } from '../prune.js'
import type { Style } from '../../report/style.js'
import { renderTable } from '../../report/table.js'

export function pruneView(
  { dryRun, withRunDirectories, removed, kept }: PruneReport,
  style: Style,
): string {
  const bytes = removed.reduce((sum, one) => sum + (one.bytes ?? 0), 0)
  const count = `${formatCount(removed.length)} instance${removed.length === 1 ? '' : 's'}`
  const disk = withRunDirectories
    ? ` and their run directories, ${formatBytes(bytes)}`
    : `; their run directories stay, ${formatBytes(bytes)} (--with-run-directories removes them too)`
  return [
    ...(removed.length > 0 ? tableOf(removed, style) : []),
    ...kept.map(({ name, why }) => style.quiet(`${name} stays: ${why}`)),
    removed.length === 0
      ? 'nothing to remove'
      : `${dryRun ? 'would remove' : 'removed'} ${count}${disk}`,
  ].join('\n')
}

function tableOf(removed: readonly PrunedInstance[], style: Style): string[] {
  return renderTable<PrunedInstance>(
    [
      { title: 'NAME', text: ({ name }) => name, importance: 9 },
      { title: 'SERVICE', text: ({ service }) => service, importance: 4 },
      {
        title: 'ENDED',
        text: ({ endedAt }) => endedAt?.slice(0, 16).replace('T', ' ') ?? '',
        importance: 8,
      },
      {
        title: 'DISK',
        text: ({ bytes }) => (bytes === null ? '' : formatBytes(bytes)),
        align: 'right',
        importance: 7,
      },
      { title: 'HOW', text: ({ summary }) => summary, importance: 5 },
    ],
    removed,
    style,
  )
}
