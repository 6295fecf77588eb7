import type { RunReport } from '../runs.js'
import type { Run } from '../../state/schema.js'
import type { Style } from '../../report/style.js'
import { renderTable } from '../../report/table.js'
import type { BenchmarkFace } from './face.js'
import { paint } from './verdict-line.js'

/** @param first commands for who has measured nothing yet */
export function runsView(
  runs: readonly Run[],
  style: Style,
  first: readonly string[] = [],
): string {
  if (runs.length === 0) return `No benchmark has been run yet.\nnext: ${first.join(' · ')}`
  return renderTable<Run>(
    [
      { title: 'RUN', text: ({ id }) => id, importance: 10 },
      {
        title: 'STARTED',
        text: ({ startedAt }) => startedAt.slice(0, 16).replace('T', ' '),
        importance: 6,
      },
      { title: 'SERVICE', text: ({ service }) => service, importance: 4 },
      { title: 'TARGET', text: ({ target }) => target, importance: 2 },
      { title: 'WHAT', text: ({ subject }) => subject ?? '', importance: 5 },
      { title: 'LOAD', text: ({ load }) => load ?? '', importance: 7 },
      {
        title: 'HARDWARE',
        text: ({ hardware }) => hardware?.replaceAll('NVIDIA ', '') ?? '',
        importance: 3,
      },
      {
        title: 'VERDICT',
        text: ({ verdict }) => verdict,
        importance: 9,
        paint: (_, { verdict }) => paint(verdict, style),
      },
      { title: 'RESULT', text: ({ summary }) => summary ?? '', importance: 10 },
    ],
    runs,
    style,
  ).join('\n')
}

export function runView(
  { result, ...run }: RunReport,
  face: BenchmarkFace | undefined,
  style: Style,
): string {
  if (result && face) return face.view(result, style, run)
  return [
    `run ${run.id} · ${paint(run.verdict, style)} · ${run.target}`,
    ...(run.why ? [run.why] : []),
    `no result.json in ${run.dir}`,
  ].join('\n')
}
