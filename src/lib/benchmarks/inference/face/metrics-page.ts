import type { HelpPage } from '../../../cli/topic.js'

/** `aibench help metrics`. */
export const metricsPage: HelpPage = {
  summary: 'What the figures of vllm bench mean.',
  intro: 'What the figures of aibench vllm bench mean. Times are of successful requests only.',
  rows: [
    [
      'TTFT',
      'time to first token: from the send to the first text in any channel (answer, reasoning, tool call)',
    ],
    ['TTFO', 'the same, to the first text of the answer itself; shown when it differs'],
    [
      'TPOT',
      'time per output token of one request: (last token − first token) ÷ the tokens between, as the server counted them',
    ],
    ['ITL', 'inter-token latency: the gap between two events, shared by the tokens of the second'],
    [
      'chunk gap',
      'the gap between two events, however many tokens are in each; shown when it differs',
    ],
    [
      'E2E',
      'end to end: from the send to the last token; usage and the end of the stream are not counted',
    ],
    [
      'when due',
      'the same, from the time at which the request was due: includes time waiting in the client',
    ],
    ['goodput', 'requests that meet all limits of --goodput; failed requests do not'],
    [
      'steady',
      'requests sent and finished between the ramp-up (closed loop: all slots busy; open loop: first answer) and the last send',
    ],
    ['p99 ?', 'from fewer than 662 samples: not reliable'],
    [
      'dispatch lag',
      'how late the client sent a request; when this spoils the figures, the exit code is 10',
    ],
  ],
}
