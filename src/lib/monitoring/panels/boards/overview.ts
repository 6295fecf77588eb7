import type { Board } from '../panel.js'

const SERVICE = 'name=~"$name",node=~"$node"'
const CLIENT = 'run=~"$run",name=~"$name"'

export const overview: Board = {
  uid: 'aibench-overview',
  title: 'aibench: overview',
  description: 'What runs, what it is asked, and what that costs.',
  variables: ['name', 'node', 'run'],
  hasPhases: false,
  rows: [
    {
      title: 'Services',
      panels: [
        {
          id: 'targets-up',
          title: 'Targets that answer',
          description:
            'How many of the addresses that are scraped answered last time. Where the two differ, `aibench monitors check` names the error.',
          unit: 'count',
          kind: 'stat',
          queries: [
            { expr: `sum(up{${SERVICE}})`, legend: 'up' },
            { expr: `count(up{${SERVICE}})`, legend: 'known' },
          ],
        },
        {
          id: 'up',
          title: 'Up',
          description: 'When each service answered on all of its addresses.',
          unit: 'count',
          kind: 'bands',
          queries: [
            {
              expr: `min by (service, name, node) (up{${SERVICE}})`,
              legend: '{{service}} {{name}} {{node}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Work',
      panels: [
        {
          id: 'requests',
          title: 'Requests answered, by run',
          description: 'What the clients of each benchmark got answered a second, failures too.',
          unit: 'requests/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name, run) (rate(aibench_client_requests_total{${CLIENT}}[$__rate_interval]))`,
              legend: '{{name}} {{run}}',
            },
          ],
        },
      ],
    },
  ],
}
