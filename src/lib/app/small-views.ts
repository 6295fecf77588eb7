import { formatCount } from '../platform/units.js'
import type { RunReport } from '../benchmarks/runs.js'
import type { BenchmarkFace } from '../benchmarks/face/face.js'
import type { SettingReport } from './settings.js'
import type { RepairReport } from '../state/contract.js'
import type { Run } from '../state/schema.js'
import { paint } from '../benchmarks/face/verdict-line.js'
import type { Style } from '../report/style.js'
import { renderTable } from '../report/table.js'

export function runsView(runs: readonly Run[], style: Style): string {
  if (runs.length === 0)
    return 'No benchmark has been run yet.\nnext: aibench vllm bench · aibench chroma bench'
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

function count(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
}

export function repairView({ path, setAside, instances, runs, skipped }: RepairReport): string {
  return [
    `${path} rebuilt: ${count(instances, 'instance')}, ${count(runs, 'run')}`,
    ...(setAside ? [`the old file is kept: ${setAside}`] : []),
    ...skipped.map(({ dir, why }) => `left out: ${dir}: ${why}`),
  ].join('\n')
}

export function settingsView(settings: readonly SettingReport[], style: Style): string {
  return renderTable<SettingReport>(
    [
      { title: 'SETTING', text: ({ name }) => name, importance: 10 },
      { title: 'VALUE', text: ({ value }) => value ?? '–', importance: 9 },
      {
        title: 'MEANING',
        text: ({ meaning }) => meaning,
        importance: 5,
        paint: (text) => style.quiet(text),
      },
    ],
    settings,
    style,
  ).join('\n')
}
