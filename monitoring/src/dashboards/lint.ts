// Is a dashboard as Grafana's dashboard-linter wants it? The rules of that program that concern us,
// on the JSON that Grafana reads. Where it asks for matchers of job and instance, ours select by
// the labels of a pipeline. Pure.

interface Target {
  readonly refId?: string
  readonly expr?: string
  readonly legendFormat?: string
}

export interface GrafanaPanel {
  readonly id?: number
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly options?: { readonly legend?: { readonly showLegend: boolean } }
  readonly targets?: readonly Target[]
}

interface Variable {
  readonly type: string
  readonly name: string
  readonly query?: string
  /** 2: when the time range changes. */
  readonly refresh?: number
  readonly datasource?: { readonly uid: string }
}

export interface GrafanaDashboard {
  readonly title?: string
  readonly uid?: string
  readonly editable?: boolean
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly GrafanaPanel[]
}

export interface Violation {
  /** As dashboard-linter names it, where it has the rule. */
  readonly rule: string
  readonly at: string
  readonly value: string
}

const source = '${datasource}'

export function violationsIn(dashboard: GrafanaDashboard): readonly Violation[] {
  const charts = dashboard.panels.filter(({ type }) => type !== 'row')
  const names = dashboard.templating.list.map(({ name }) => name)
  return [
    ...ofDashboard(dashboard),
    ...dashboard.templating.list.flatMap(ofVariable),
    ...duplicateIds(dashboard.panels),
    ...charts.flatMap(ofPanel),
    ...charts.flatMap(({ title = '', targets = [] }) => targets.flatMap((target) => ofTarget(title, target, names))),
  ]
}

function violated(rule: string, at: string, value: string, isViolated: boolean): Violation[] {
  return isViolated ? [{ rule, at, value }] : []
}

function ofDashboard({ title = '', uid = '', editable, templating }: GrafanaDashboard): Violation[] {
  const hasSource = templating.list.some(
    ({ type, name, query }) => type === 'datasource' && name === 'datasource' && query === 'prometheus',
  )
  return [
    ...violated('dashboard-title', title, title, title === '' || uid === ''),
    ...violated('uneditable-dashboard', title, String(editable), editable !== false),
    ...violated('template-datasource-rule', title, 'no variable datasource', !hasSource),
  ]
}

function ofVariable({ type, name, refresh, datasource }: Variable): Violation[] {
  if (type !== 'query') return []
  return [
    ...violated('template-datasource-rule', name, String(datasource?.uid), datasource?.uid !== source),
    ...violated('template-on-time-change-reload-rule', name, String(refresh), refresh !== 2),
  ]
}

function duplicateIds(panels: readonly GrafanaPanel[]): Violation[] {
  const ids = panels.map(({ id }) => id)
  return panels.flatMap(({ id, title = '' }, index) =>
    violated('panel-ids', title, String(id), id === undefined || ids.indexOf(id) !== index),
  )
}

function ofPanel({
  title = '',
  description = '',
  datasource,
  fieldConfig,
  options,
  targets = [],
}: GrafanaPanel): Violation[] {
  const unit = fieldConfig?.defaults.unit ?? ''
  const refIds = targets.map(({ refId }) => refId)
  return [
    ...violated('panel-title-description-rule', title, description, title === '' || description === ''),
    ...violated('panel-datasource-rule', title, String(datasource?.uid), datasource?.uid !== source),
    ...violated('panel-units-rule', title, unit, unit === ''),
    ...violated('panel-no-targets-rule', title, 'no target', targets.length === 0),
    ...violated('panel-legend', title, 'hidden', options?.legend?.showLegend !== true),
    ...violated('panel-ref-ids', title, refIds.join(), new Set(refIds).size < refIds.length),
  ]
}

function ofTarget(panel: string, { expr = '', legendFormat = '' }: Target, variables: readonly string[]): Violation[] {
  const selectors = selectorsIn(expr)
  const selections = ['namespace', 'pipeline', 'stage'].filter((name) => variables.includes(name))
  const missing = selections
    .slice(0, 2)
    .filter((name) => !selectors.every(({ matchers }) => matchers.includes(`="$${name}"`)))
  const unknown = [...expr.matchAll(/\$([a-z]+)/g)].flatMap(([, name = '']) => (variables.includes(name) ? [] : [name]))
  const fixedRates = [...expr.matchAll(/\bi?rate\([^[]*\[([^\]]+)\]/g)].filter(
    ([, range]) => range !== '$__rate_interval',
  )
  const rawCounters = selectors.filter(({ metric, hasRange }) => metric.endsWith('_total') && !hasRange)
  return [
    ...violated('target-legend', panel, expr, legendFormat === ''),
    ...violated('target-pipeline-matchers', panel, `${expr} has no ${missing.join()}`, missing.length > 0),
    ...violated('target-variables', panel, unknown.join(), unknown.length > 0),
    ...violated('target-rate-interval-rule', panel, expr, fixedRates.length > 0),
    ...violated('target-counter-agg-rule', panel, expr, rawCounters.length > 0),
  ]
}

interface Selector {
  readonly metric: string
  readonly matchers: string
  readonly hasRange: boolean
}

/** Names of metrics and of recorded rules, each with what follows it. */
function selectorsIn(expr: string): readonly Selector[] {
  const plain = expr.replaceAll(/\b(?:by|on|without|ignoring) ?\([^)]*\)/g, ' ')
  const pattern = /(?<![\w:$"{,])([a-z]+(?:_[a-z0-9]+)+(?::\w+)*|[a-z]+:[\w:]+)(\{[^}]*\})?(\[[^\]]*\])?(?!\w*\()/g
  return [...plain.matchAll(pattern)].flatMap(([, metric = '', matchers = '', range]) =>
    /^(?:histogram_quantile|label_values)$/.test(metric) ? [] : [{ metric, matchers, hasRange: range !== undefined }],
  )
}
