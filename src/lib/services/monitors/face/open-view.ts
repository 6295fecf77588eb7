import { formatCount, formatDuration } from '../../../platform/units.js'
import { aibench, quote } from '../../../platform/command-line.js'
import { nextLines } from '../../../jobs/face/instance-view.js'
import type { Style } from '../../../report/style.js'
import type { OpenReport } from '../open.js'
import { linkLines } from './check-view.js'

/** What was opened, whether it is all there, and where it answers. */
export function openView(report: OpenReport, style: Style): string {
  const { instance, archive } = report
  return [
    `${style.good(instance.name)} is ready${instance.endpoint ? ` at ${instance.endpoint.url}` : ''}${endOf(instance)}`,
    ...(archive.kind === 'snapshot' || archive.samples > 0
      ? [
          `${formatCount(archive.samples)} samples of ${formatCount(archive.series)} series${spanOf(report)}`,
        ]
      : []),
    countOf(report),
    ...linkLines({ grafanaLink: report.grafanaLink, tunnel: null }),
    `saved ${minute(archive.at)} UTC · ${quote(report.path)}`,
    ...nextLines(
      [
        aibench('monitors', 'view', '--monitors', instance.name),
        aibench('monitors', 'stop', instance.name),
      ],
      style,
    ),
  ].join('\n')
}

function endOf({ leftMs }: OpenReport['instance']): string {
  return leftMs === null ? '' : ` · stops by itself in ${formatDuration(leftMs)}`
}

function spanOf({ archive: { from, to } }: OpenReport): string {
  if (from === null || to === null) return ''
  const begin = new Date(from).toISOString()
  return ` over ${formatDuration(to - from)} from ${minute(begin)} UTC`
}

function countOf({ archive, counted }: OpenReport): string {
  if (archive.why !== undefined)
    return `a copy, not a snapshot (${archive.why}): samples still in its log were not counted`
  if (counted === null) return 'not checked: no count was saved with it'
  const { at, samples } = archive.counted!
  const until = new Date(at).toISOString().slice(11, 19)
  return counted === samples
    ? `checked: up to ${until} UTC ${formatCount(counted)} samples, as when it was saved`
    : `up to ${until} UTC ${formatCount(counted)} samples; when it was saved ${formatCount(samples)}`
}

const minute = (iso: string) => iso.slice(0, 16).replace('T', ' ')
