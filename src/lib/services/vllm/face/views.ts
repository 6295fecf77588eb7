import { formatCount, formatLatency, formatNumber } from '../../../platform/units.js'
import type { ChatReport, ModelsReport } from '../reports.js'
import type { Style } from '../../../report/style.js'
import { renderTable } from '../../../report/table.js'

/** Below the answer, which stood on stdout as it came. */
export function chatLine(report: ChatReport, style: Style): string {
  const { ttftMs, totalMs, outputTokens, tokensPerSecond, finishReason, model } = report
  return [
    report.simulated && style.waiting('SIMULATED'),
    style.quiet(
      [
        ttftMs !== null && `TTFT ${formatLatency(ttftMs)}`,
        tokensPerSecond !== null && `${formatNumber(tokensPerSecond)} tokens/s`,
        outputTokens !== null && `${formatCount(outputTokens)} tokens in ${formatLatency(totalMs)}`,
        model,
      ]
        .filter(Boolean)
        .join(' · '),
    ),
    finishReason === 'length' && style.waiting('cut at --max-tokens'),
  ]
    .filter(Boolean)
    .join(' · ')
}

export function modelsView(
  { url, version, models, simulated }: ModelsReport,
  style: Style,
): string {
  return [
    [url, version && `vLLM ${version}`, simulated && style.waiting('SIMULATED')]
      .filter(Boolean)
      .join(' · '),
    ...renderTable<ModelsReport['models'][number]>(
      [
        { title: 'MODEL', text: ({ id }) => id, importance: 10 },
        {
          title: 'TOKENS',
          text: ({ maxModelLen }) => (maxModelLen === null ? '–' : formatCount(maxModelLen)),
          align: 'right',
          importance: 8,
        },
        { title: 'FROM', text: ({ id, root }) => (root === id ? '' : (root ?? '')), importance: 5 },
      ],
      models,
      style,
      '  ',
    ),
  ].join('\n')
}
