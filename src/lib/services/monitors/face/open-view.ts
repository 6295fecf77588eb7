import { formatCount, formatDuration } from '../../../platform/units.js'
import { quote } from '../../../platform/command-line.js'
import type { Style } from '../../../report/style.js'
import type { OpenReport } from '../open.js'
import { linkLines } from './check-view.js'

/** What was opened, whether it is all there, and where it answers. */
export function openView(report: OpenReport, style: Style): string {
  const { instance, archive } = report
  return [
    `${style.good(instance.name)} is ready${instance.endpoint ? ` at ${instance.endpoint.url}` : ''}`,
    ...(archive.kind === 'snapshot' || archive.samples > 0
      ? [
          `${formatCount(archive.samples)} samples of ${formatCount(archive.series)} series${spanOf(report)}`,
        ]
      : []),
    countOf(report),
    ...linkLines({ grafanaLink: report.grafanaLink, tunnel: null }),
    `saved ${minute(archive.at)} UTC · ${quote(report.path)}`,
    style.quiet(`next: aibench monitors stop ${instance.name}`),
  ].join('\n')
}

function spanOf({ archive: { from, to } }: OpenReport): string {
  if (from === null || to === null) return ''
  const begin = new Date(from).toISOString()
  return ` over ${formatDuration(to - from)} from ${minute(begin)} UTC`
}

function countOf({ archive, counted }: OpenReport): string {
  if (archive.why !== undefined)
    return `a copy and no snapshot (${archive.why}): nobody counted what is in its log`
  if (counted === null) return 'nothing was counted when it was made'
  const expected = archive.counted!.samples
  return counted === expected
    ? `a query finds the same ${formatCount(counted)} samples as when it was made`
    : `a query finds ${formatCount(counted)} of ${formatCount(expected)} samples`
}

const minute = (iso: string) => iso.slice(0, 16).replace('T', ' ')
