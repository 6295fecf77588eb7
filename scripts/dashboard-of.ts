// A board as Grafana's dashboard. Its development kit is needed here alone: what is shipped is the JSON.
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import type { Unit } from '../src/lib/charts/unit.js'
import * as store from '../src/lib/monitoring/data-source.js'
import { run as RUN } from '../src/lib/monitoring/panels/boards/run.js'
import {
  PHASES,
  type Board,
  type Panel,
  type Variable,
} from '../src/lib/monitoring/panels/panel.js'

const DATA_SOURCE = { type: 'prometheus', uid: store.DATA_SOURCE.uid }

/** A row of Grafana's grid is 24 wide. */
const WIDTH = 8
const HEIGHT = 8
const GRID = 24

const UNITS: Readonly<Record<Unit, string>> = {
  count: 'short',
  ratio: 'percentunit',
  seconds: 's',
  bytes: 'bytes',
  'bytes/s': 'binBps',
  'requests/s': 'reqps',
  'queries/s': 'suffix: q/s',
  'tokens/s': 'suffix: tok/s',
  tokens: 'short',
  'tokens/J': 'suffix: tok/J',
  'operations/s': 'ops',
  'events/s': 'suffix: /s',
  'samples/s': 'suffix: samples/s',
  cores: 'suffix: cores',
  watts: 'watt',
  joules: 'joule',
  hertz: 'hertz',
  celsius: 'celsius',
}

/** Where the values to choose from come from, and their words. */
const VARIABLES: Readonly<Record<Variable, { label: string; query: string }>> = {
  run: { label: 'Run', query: 'label_values(aibench_run_info, run)' },
  name: { label: 'Service', query: 'label_values({__name__=~"up|aibench_run_info"}, name)' },
  node: { label: 'Node', query: 'label_values(up, node)' },
}

export function dashboardOf(board: Board): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags(['aibench'])
    .timezone('browser')
    .readonly()
    .refresh('5s')
    .timepicker(new dashboard.TimePickerBuilder().refreshIntervals(['1s', '5s', '15s', '1m', '5m']))
    .time({ from: 'now-15m', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables(board.variables.map(variable))
    .link(
      new dashboard.DashboardLinkBuilder('aibench')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['aibench'])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
  if (board.hasPhases) built.annotation(phases())
  placed(board, built)
  const { links = [], annotations, ...rest } = built.build()
  return {
    ...rest,
    links: links.map(inSight),
    annotations: { list: (annotations.list ?? []).map(inSight) },
  }
}

/** The kit puts it away in a menu. */
function inSight<Control extends { placement?: unknown }>(control: Control): Control {
  const { placement: _, ...rest } = control
  return rest as Control
}

/** Panels stand in rows of three; ids count from 1. */
function placed(board: Board, built: dashboard.DashboardBuilder): void {
  let y = 0
  let id = 0
  for (const row of board.rows) {
    built.withRow(new dashboard.RowBuilder(row.title).id(++id).gridPos({ x: 0, y, w: GRID, h: 1 }))
    y += 1
    row.panels.forEach((panel, at) => {
      const line = Math.floor((at * WIDTH) / GRID)
      const place = { x: (at * WIDTH) % GRID, y: y + line * HEIGHT, w: WIDTH, h: HEIGHT }
      built.withPanel(drawn(board, panel, ++id, place))
    })
    y += Math.ceil((row.panels.length * WIDTH) / GRID) * HEIGHT
  }
}

type AnyPanel = timeseries.PanelBuilder | stat.PanelBuilder | statetimeline.PanelBuilder

function drawn(board: Board, panel: Panel, id: number, place: dashboard.GridPos): AnyPanel {
  const built = bare(panel)
    .id(id)
    .title(panel.title)
    .description(panel.description)
    .unit(UNITS[panel.unit])
    .noValue('Nothing of this in this time')
    .datasource(DATA_SOURCE)
    .gridPos(place)
  for (const [at, { expr, legend }] of panel.queries.entries()) {
    const query = new prometheus.DataqueryBuilder()
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode('A'.charCodeAt(0) + at))
      .datasource(DATA_SOURCE)
    built.withTarget(panel.kind === 'stat' ? query.instant() : query.range())
  }
  if (panel.unit === 'ratio') built.min(0).max(1)
  if (board.uid !== RUN.uid && panel.queries.some(({ legend }) => legend.includes('{{run}}')))
    built.dataLinks([{ build: () => toItsRun }])
  return built
}

/** From a line of one run to all of it, of the same time. The kit takes it for a link of a dashboard, which has more. */
const toItsRun = {
  title: 'This run',
  url: `/d/${RUN.uid}?var-run=\${__field.labels.run}&\${__url_time_range}`,
} as dashboard.DashboardLink

function bare({ kind }: Panel): AnyPanel {
  switch (kind) {
    case 'stat':
      // Left to itself, Grafana paints every number from 80 on in red.
      return new stat.PanelBuilder()
        .graphMode(common.BigValueGraphMode.None)
        .colorMode(common.BigValueColorMode.None)
        .thresholds(levels([{ value: null, color: 'text' }]))
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    case 'bands':
    case 'alarms':
      return new statetimeline.PanelBuilder()
        .showValue(common.VisibilityMode.Never)
        .mergeValues(true)
        .legend(new common.VizLegendOptionsBuilder().showLegend(false))
        .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
        .thresholds(
          new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
            { value: null, color: 'transparent' },
            { value: 1, color: kind === 'alarms' ? 'orange' : 'green' },
          ]),
        )
    case 'lines':
      return overTime()
    case 'stacked':
      return overTime()
        .fillOpacity(60)
        .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
  }
}

const levels = (steps: dashboard.Threshold[]): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps)

/** A point that stands alone, as of a run of seconds looked at from afar, is a point. */
const overTime = (): timeseries.PanelBuilder =>
  new timeseries.PanelBuilder()
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Auto)
    .axisSoftMin(0)
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['mean', 'max'])
        .showLegend(true),
    )

const variable = (name: Variable): dashboard.QueryVariableBuilder =>
  new dashboard.QueryVariableBuilder(name)
    .label(VARIABLES[name].label)
    .query(VARIABLES[name].query)
    .datasource(DATA_SOURCE)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] })

/** Points a step apart become one region: a shade over each chart, from the first to the last. */
const phases = (): dashboard.AnnotationQueryBuilder =>
  new dashboard.AnnotationQueryBuilder()
    .name('Phases')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('blue')
    .expr(PHASES.expr)
    .titleFormat(PHASES.legend)
    .textFormat('{{run}}')
    .tagKeys('phase')
    .step('1s')
