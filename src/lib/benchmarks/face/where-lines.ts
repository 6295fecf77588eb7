import type { MeasuringPath } from '../../instrument/http/access.js'
import type { Envelope } from '../../instrument/measure/envelope.js'
import { flow } from '../../report/flow.js'
import type { Style } from '../../report/style.js'

/** What the reports of all kinds say alike of where a run was measured and where it lies. */

const TEXT: Readonly<Record<MeasuringPath, string>> = {
  loopback: 'over loopback',
  gate: 'through the token gate',
  network: 'over the network',
  https: 'over https',
}

export function pathText(path: MeasuringPath | null): string | null {
  return path && TEXT[path]
}

/** Where the files are, and what to type next. Of somebody's server there is nothing to archive but that folder. */
export function fileLines(
  { files, runId, provenance }: Envelope,
  service: string,
  style: Style,
): string[] {
  // Of somebody's server it is remembered with its address and files.
  const { again = `aibench ${service} bench --plan ${runId}`, server } = provenance
  return [
    `${style.quiet('files:')} ${files.runDir}`,
    ...flow(
      [
        `${style.quiet('again:')} ${String(again)}`,
        server !== null && `${style.quiet('keep:')} aibench ${service} save`,
      ],
      { width: style.columns, indent: 0, between: '    ' },
    ),
  ]
}
