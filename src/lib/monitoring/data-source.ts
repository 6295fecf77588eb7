/** What Grafana calls the Prometheus of its own job: the dashboards ask it by this. */
export const DATA_SOURCE = { uid: 'aibench-prometheus', name: 'Prometheus of aibench' }
