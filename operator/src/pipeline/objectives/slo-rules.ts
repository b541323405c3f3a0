// Which rules of Prometheus watch the objectives of a pipeline? For each objective the share of
// errors over several windows as recording rules, and alerts on the rate at which they spend the
// error budget, after the Site Reliability Workbook, chapter 5.
import type { OrderPipeline } from '../../api/index.ts'
import { namespaceOf } from '../children/names.ts'
import { errorBudgetShare, objectivesOf } from './slo.ts'
import type { Objective } from './slo.ts'

export interface RuleGroup {
  readonly name: string
  readonly rules: readonly Rule[]
}

export type Rule = RecordingRule | AlertingRule

export interface RecordingRule {
  readonly record: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
}

export interface AlertingRule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** By the kind of objective; docs/guides/runbooks.md has a section for each. */
export const sloAlertNames = {
  freshness: 'OrderPipelineFreshnessBudgetBurns',
  availability: 'OrderPipelineAvailabilityBudgetBurns',
  latency: 'OrderPipelineLatencyBudgetBurns',
} as const satisfies Record<Objective['kind'], string>

export const usualRunbooks = 'docs/guides/runbooks.md'

/**
 * 2 % of the budget of 30 days in an hour, 5 % in six hours, 10 % in a day, 10 % in three days. The
 * short window ends the alert soon after the errors have ended.
 */
const burns = [
  { rate: 14.4, long: '1h', short: '5m', for: '2m', severity: 'critical' },
  { rate: 6, long: '6h', short: '30m', for: '15m', severity: 'critical' },
  { rate: 3, long: '1d', short: '2h', for: '1h', severity: 'warning' },
  { rate: 1, long: '3d', short: '6h', for: '3h', severity: 'warning' },
] as const

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
/** From here on the samples of `5m` are added up: the series of every pod would be read instead. */
const summedWindows: ReadonlySet<string> = new Set(['1d', '3d'])

/** `runbooks`: address of the page with a section for each alert. */
export function sloRuleGroups(pipeline: OrderPipeline, runbooks = usualRunbooks): RuleGroup[] {
  return objectivesOf(pipeline.spec).map((objective) => {
    const labels = labelsOf(pipeline, objective)
    return {
      name: `orderpipeline-slo-${labels.namespace}-${labels.pipeline}-${objective.name}`,
      rules: [...recordings(objective, labels), ...alerts(objective, labels, runbooks)],
    }
  })
}

/** PromQL of what is left of the error budget, from the recording rules; 1 is all of it. */
export function budgetLeftQuery(pipeline: OrderPipeline, objective: Objective): string {
  return `${names.left}${selector(labelsOf(pipeline, objective))}`
}

function labelsOf(pipeline: OrderPipeline, { name }: Objective): SloLabels {
  return { namespace: namespaceOf(pipeline), pipeline: pipeline.metadata.name, slo: name }
}

interface SloLabels extends Readonly<Record<string, string>> {
  readonly namespace: string
  readonly pipeline: string
  readonly slo: string
}

const ofSlo = 'orderpipeline:slo'
const names = {
  errors: `${ofSlo}_errors:rate5m`,
  events: `${ofSlo}_events:rate5m`,
  budget: `${ofSlo}_error_budget:ratio`,
  left: `${ofSlo}_error_budget_left:ratio`,
} as const

function shareOver(window: string): string {
  return `${ofSlo}_errors:ratio_rate${window}`
}

function selector(labels: SloLabels): string {
  return selected({ namespace: labels.namespace, pipeline: labels.pipeline, slo: labels.slo })
}

function selected(labels: Readonly<Record<string, string>>, more = ''): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return `{${[...pairs, ...(more === '' ? [] : [more])].join(', ')}}`
}

function recordings(objective: Objective, labels: SloLabels): RecordingRule[] {
  const { errors, events } = rates(objective, labels)
  const of = selector(labels)
  const summed = (window: string): string =>
    `sum_over_time(${names.errors}${of}[${window}]) / sum_over_time(${names.events}${of}[${window}])`
  const share = (window: string): string =>
    summedWindows.has(window) ? summed(window) : `(${errors(window)}) / ${events(window)}`
  const record = (name: string, expr: string): RecordingRule => ({ record: name, expr, labels })
  return [
    record(names.errors, errors('5m')),
    record(names.events, events('5m')),
    ...windows.map((window) => record(shareOver(window), share(window))),
    record(names.budget, `vector(${errorBudgetShare(objective)})`),
    record(names.left, `1 - (${summed('30d')}) / ${errorBudgetShare(objective)}`),
  ]
}

interface Rates {
  /** PromQL of errors a second, or of seconds without the objective in each second. */
  readonly errors: (window: string) => string
  readonly events: (window: string) => string
}

function rates(objective: Objective, { namespace, pipeline }: SloLabels): Rates {
  const rate = (metric: string, of: string, window: string): string => `sum(rate(${metric}${of}[${window}]))`
  if (objective.kind === 'freshness') {
    const of = selected({ namespace, pipeline, stage: objective.stage })
    return {
      errors: (window) => rate('orderpipeline_slo_late_seconds_total', of, window),
      events: (window) => rate('orderpipeline_slo_measured_seconds_total', of, window),
    }
  }
  const pods = { namespace, orderpipeline_dev_pipeline: pipeline, orderpipeline_dev_stage: 'gateway' }
  if (objective.kind === 'availability') {
    const requests = 'http_requests_total'
    const all = (window: string): string => rate(requests, selected(pods), window)
    return {
      // A gateway that has never failed has no series of failed requests.
      errors: (window) => `${rate(requests, selected(pods, 'status=~"5.."'), window)} or 0 * ${all(window)}`,
      events: all,
    }
  }
  const duration = 'http_request_duration_seconds'
  // Without /sync, which waits for the outcome on purpose.
  const orders = 'method="POST", route=~"(/v1)?/orders(/async)?"'
  const all = (window: string): string => rate(`${duration}_count`, selected(pods, orders), window)
  const inTime = selected(pods, `${orders}, le=~"${boundPattern(objective.seconds)}"`)
  return {
    errors: (window) => `${all(window)} - ${rate(`${duration}_bucket`, inTime, window)}`,
    events: all,
  }
}

/** Prometheus 3 writes the bound 1 as 1.0. */
function boundPattern(seconds: number): string {
  const text = String(seconds).replace('.', '[.]')
  return Number.isInteger(seconds) ? `${text}([.]0)?` : text
}

function alerts(objective: Objective, labels: SloLabels, runbooks: string): AlertingRule[] {
  const alert = sloAlertNames[objective.kind]
  const of = selector(labels)
  const share = errorBudgetShare(objective)
  return burns.map(({ rate, long, short, for: time, severity }) => {
    const above = (window: string): string => `${shareOver(window)}${of} > ${rate} * ${share}`
    return {
      alert,
      expr: `${above(long)}\nand ${above(short)}`,
      for: time,
      labels: { severity, window: long },
      annotations: {
        summary: `${summary(objective, labels)} (objective ${objective.objective} %); at this rate the error budget of 30 days lasts ${lasts(rate)}`,
        runbook_url: `${runbooks}#${alert.toLowerCase()}`,
      },
    }
  })
}

function summary(objective: Objective, { namespace, pipeline }: SloLabels): string {
  const of = `${namespace}/${pipeline}`
  const share = '{{ $value | humanizePercentage }} of'
  const over = 'in the last {{ $labels.window }}'
  switch (objective.kind) {
    case 'freshness':
      return `Stage ${objective.stage} of ${of} was later than ${objective.seconds} s for ${share} the time ${over}`
    case 'availability':
      return `The gateway of ${of} failed ${share} the requests ${over}`
    case 'latency':
      return `The gateway of ${of} took longer than ${objective.seconds} s for ${share} the orders ${over}`
  }
}

/** The time in which this burn rate spends the whole budget. */
function lasts(rate: number): string {
  const days = 30 / rate
  return days < 5 ? `${Math.round(days * 24)} hours` : `${Math.round(days)} days`
}
