import { formatNumber } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import { renderTable } from '../../../report/table.js'
import type { SelfTestReport } from '../self-test.js'

/** What the instrument can do alone: the server's figures can be trusted up to there. */
export function selfTestView(report: SelfTestReport, style: Style): string {
  const { eventsPerCpuSecond, streamedEventsPerCpuSecond, requestsPerCpuSecond } = report
  const { dispatchLagMs, node, cpu } = report
  const rows = [
    [
      'events',
      `${formatNumber(streamedEventsPerCpuSecond)}/s per core`,
      'tokens that one core can read, one by one',
    ],
    ['in bursts', `${formatNumber(eventsPerCpuSecond)}/s per core`, 'the same, many at once'],
    [
      'requests',
      `${formatNumber(requestsPerCpuSecond)}/s per core`,
      'requests that one core can send',
    ],
    [
      'dispatch lag',
      `p50 ${formatNumber(dispatchLagMs.p50)} ms · p99 ${formatNumber(dispatchLagMs.p99)} ms`,
      `how late requests leave; at most ${formatNumber(dispatchLagMs.max)} ms`,
    ],
  ] as const
  return [
    `vllm bench --self-test · the instrument alone, against a server that does nothing`,
    '',
    ...renderTable<(typeof rows)[number]>(
      [
        { title: '', text: ([name]) => name, importance: 10 },
        { title: '', text: ([, figure]) => figure, importance: 10 },
        {
          title: '',
          text: ([, , meaning]) => meaning,
          importance: 3,
          paint: (text) => style.quiet(text),
        },
      ],
      rows,
      style,
      '  ',
    ),
    '',
    style.quiet([node, cpu].filter(Boolean).join(' · ')),
  ].join('\n')
}

export function selfTestLine(report: SelfTestReport): string {
  return [
    `events_per_cpu_s=${report.eventsPerCpuSecond.toFixed(0)}`,
    `streamed_events_per_cpu_s=${report.streamedEventsPerCpuSecond.toFixed(0)}`,
    `requests_per_cpu_s=${report.requestsPerCpuSecond.toFixed(0)}`,
    `dispatch_lag_p99_ms=${report.dispatchLagMs.p99.toFixed(3)}`,
  ].join(' ')
}
