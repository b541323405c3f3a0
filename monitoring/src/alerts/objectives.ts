// Which alerts are about the objectives of spec.slo? The operator writes their rules for each
// pipeline; here are the runbooks, and the series with which a test shows which of them fire.
import { sloAlertNames } from '@orderpipeline/operator/pipeline'
import type { Objective } from '@orderpipeline/operator/pipeline'
import { pod, stage } from './alert.ts'
import type { Example, Runbook } from './alert.ts'

export interface ObjectiveAlert {
  readonly kind: Objective['kind']
  readonly name: string
  readonly runbook: Runbook
  readonly cases: readonly ObjectiveCase[]
}

export interface ObjectiveCase extends Example {
  /**
   * The long windows of the rules that fire: `1h` and `6h` are critical, `1d` and `3d` warnings.
   */
  readonly fires: readonly string[]
}

const budget = [
  'The label `window`: `1h` and `6h` spend 30 days of budget within 2 to 5 days, so it is happening now; `1d` and `3d` are for today.',
  '`orderpipeline:slo_error_budget_left:ratio`: what is left of the budget; below 0 the objective is missed.',
]
const wrongObjective =
  'Where the budget is spent month after month without harm to customers, the objective in `spec.slo` is too strict: change it.'

/** Seconds of every minute that were measured, and those that were late. */
function seconds(late: string): Record<string, string> {
  return {
    [`orderpipeline_slo_measured_seconds_total{${stage}}`]: '0+60x360',
    [`orderpipeline_slo_late_seconds_total{${stage}}`]: late,
  }
}

const freshness: ObjectiveAlert = {
  kind: 'freshness',
  name: sloAlertNames.freshness,
  runbook: {
    meaning:
      'Messages of the stage wait longer than `freshnessSeconds`, and so do the orders that they belong to. The time that the objective allows for this is being spent too fast.',
    look: [
      '`kubectl get orderpipeline <name> -o yaml`: `status.slo` has the budget as the operator measures it.',
      ...budget,
      '`orderpipeline explain <name> --stage <stage>`: why it waits. `orderpipeline capacity`: the rate that it can handle.',
    ],
    act: [
      'Follow the runbook of the alert that names the cause: OrderPipelineStageAtMaximum, OrderPipelineScaleOutUseless, OrderPipelineStageHolding or OrderPipelineStageStalled.',
      'Where none fires, the stage is scaled too late: shorten `drainSeconds`, or raise `minReplicas`; `orderpipeline simulate` shows the effect.',
      wrongObjective,
    ],
  },
  cases: [
    { title: 'a stage that stands still', series: seconds('0+60x360'), at: '30m', fires: ['1h', '6h'] },
    { title: 'a tenth of the time', series: seconds('0+6x360'), at: '3h', fires: ['1d', '6h'] },
    { title: 'a twenty-fifth of the time', series: seconds('0+2.4x360'), at: '2h', fires: ['1d'] },
    { title: 'a little more than the objective allows', series: seconds('0+0.9x360'), at: '5h', fires: ['3d'] },
    { title: 'half of what the objective allows', series: seconds('0+0.3x360'), at: '5h', fires: [] },
    { title: 'half an hour that is over', series: seconds('0+60x30 1800x360'), at: '80m', fires: ['1d'] },
    {
      title: 'a Kafka that could not be read for hours',
      series: {
        [`orderpipeline_slo_measured_seconds_total{${stage}}`]: '0+60x60 3600x300',
        [`orderpipeline_slo_late_seconds_total{${stage}}`]: '0x360',
      },
      at: '5h',
      fires: [],
    },
    {
      title: 'a stage that is late while another replica of the operator leads',
      series: {
        [`orderpipeline_slo_measured_seconds_total{${stage},pod="a"}`]: '0+60x60 _x300',
        [`orderpipeline_slo_late_seconds_total{${stage},pod="a"}`]: '0x60 _x300',
        [`orderpipeline_slo_measured_seconds_total{${stage},pod="b"}`]: '_x61 0+60x300',
        [`orderpipeline_slo_late_seconds_total{${stage},pod="b"}`]: '_x61 0+60x300',
      },
      at: '100m',
      fires: ['1h', '6h'],
    },
  ],
}

function requests(failed: string, answered: string): Record<string, string> {
  const of = (status: string) =>
    `http_requests_total{${pod('gateway')},method="POST",route="/v1/orders",status="${status}"}`
  return { [of('500')]: failed, [of('202')]: answered }
}

const availability: ObjectiveAlert = {
  kind: 'availability',
  name: sloAlertNames.availability,
  runbook: {
    meaning:
      'Requests of customers fail, faster than the objective of the gateway allows. Requests that the gateway refuses with 503 count.',
    look: [
      ...budget,
      '`http_requests_total` by route and status: which requests fail, and since when.',
      'The log of the gateway at level error, with the id of the request.',
    ],
    act: [
      'Restore the system that the gateway cannot reach, most often PostgreSQL. 503 with Retry-After is load shedding: see OrderPipelineOrdersShed.',
      wrongObjective,
    ],
  },
  cases: [
    { title: 'one request in twenty', series: requests('0+5x360', '0+95x360'), at: '30m', fires: ['1h', '6h'] },
    { title: 'every request from the first', series: requests('0+9x360', '_x360'), at: '30m', fires: ['1h', '6h'] },
    { title: 'one request in a hundred', series: requests('0+1x360', '0+99x360'), at: '3h', fires: ['1d', '6h'] },
    { title: 'one request in 2,000', series: requests('0+1x360', '0+1999x360'), at: '5h', fires: [] },
    { title: 'no failure ever', series: requests('_x360', '0+99x360'), at: '5h', fires: [] },
    { title: 'no request', series: requests('7x360', '90x360'), at: '5h', fires: [] },
  ],
}

/** Orders a minute that were answered, and those within half a second. */
function orders(inTime: number, all: number, route = '/v1/orders'): Record<string, string> {
  const of = `${pod('gateway')},method="POST",route="${route}"`
  return {
    [`http_request_duration_seconds_bucket{${of},le="0.5"}`]: `0+${inTime}x360`,
    [`http_request_duration_seconds_bucket{${of},le="+Inf"}`]: `0+${all}x360`,
    [`http_request_duration_seconds_count{${of}}`]: `0+${all}x360`,
  }
}

const latency: ObjectiveAlert = {
  kind: 'latency',
  name: sloAlertNames.latency,
  runbook: {
    meaning:
      'Customers wait longer than the objective allows until their order is accepted. Synchronous orders do not count: they wait for the outcome.',
    look: [
      ...budget,
      '`orders_intake_commit_seconds`: the time of the database. `orderpipeline_database_waiting`: whether connections are short.',
      '`nodejs_eventloop_lag_p99_seconds` of the gateway: whether it has too little CPU.',
    ],
    act: [
      'Raise `gateway.scaling.maxReplicas`, or give the gateway more CPU. Where the database is slow, more replicas make it worse: repair that first.',
      wrongObjective,
    ],
  },
  cases: [
    { title: 'one order in five', series: orders(80, 100), at: '30m', fires: ['1h', '6h'] },
    { title: 'one order in 25', series: orders(96, 100), at: '2h', fires: ['1d'] },
    { title: 'one order in 200', series: orders(199, 200), at: '5h', fires: [] },
    { title: 'synchronous orders', series: orders(0, 100, '/v1/orders/sync'), at: '2h', fires: [] },
  ],
}

export const objectiveAlerts: readonly ObjectiveAlert[] = [freshness, availability, latency]
