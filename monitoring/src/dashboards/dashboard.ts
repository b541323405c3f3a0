// How is a dashboard described? As rows of panels, each with its queries; Grafana's own SDK builds
// the JSON from them.
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { LegendDisplayMode, LegendPlacement, TooltipDisplayMode } from '@grafana/grafana-foundation-sdk/common'
import { VizLegendOptionsBuilder, VizTooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

export interface Query {
  readonly expr: string
  /** Such as `{{ stage }}`. */
  readonly legend: string
}

export interface Panel {
  readonly title: string
  /** What the panel shows, and which values are good or bad. */
  readonly description: string
  /** A unit of Grafana, such as `short`, `s`, `ops`, `percentunit`. */
  readonly unit: string
  readonly queries: readonly Query[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  /** Variables besides the data source, each with the query that gives its values. */
  readonly variables: Readonly<Record<string, string>>
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
}

/** Labels of the selected pipeline's pods, as the chart's PodMonitor sets them. */
export const ofPods = 'namespace="$namespace",orderpipeline_dev_pipeline="$pipeline"'

/** Variables that select a pipeline. */
export const pipelineVariables = {
  namespace: 'label_values(orderpipeline_condition, namespace)',
  pipeline: 'label_values(orderpipeline_condition{namespace="$namespace"}, pipeline)',
} as const

/** The width of a row in Grafana's units. */
const columns = 24
const panelSize = { height: 8, width: columns / 2 }
const source = { type: 'prometheus', uid: '${datasource}' } as const

export function grafanaJson({ uid, title, variables, rows }: Dashboard): string {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .tags(['orderpipeline'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    // It is changed where it is written: Grafana would lose the change at the next upgrade.
    .readonly()
    .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus').label('Data source'))
  for (const [name, query] of Object.entries(variables))
    builder.withVariable(new QueryVariableBuilder(name).label(name).datasource(source).query(query).refresh(2).sort(1))
  let id = 0
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id))
    for (const panel of row.panels) builder.withPanel(panelBuilder(panel).id(++id))
  }
  return JSON.stringify(builder.build(), null, 2)
}

/** Without it the SDK hides the legend, and no line says what it is. */
function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
}

function panelBuilder({ title, description, unit, queries }: Panel): PanelBuilder {
  const builder = new PanelBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .height(panelSize.height)
    .span(panelSize.width)
    .datasource(source)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  queries.forEach(({ expr, legend }, index) => {
    builder.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .expr(expr)
        .legendFormat(legend)
        // Points that lead to traces; only histograms have them.
        .exemplar(expr.includes('_bucket{')),
    )
  })
  return builder
}
