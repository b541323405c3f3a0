// What is asked of Prometheus for a longer history? A few queries for all parts of a pipeline, over
// the metrics of docs/reference/metrics.md. Pure.
import type { LongRange } from '../model/long-range.ts'

export type Figure = 'lag' | 'wanted' | 'ready' | 'standing' | 'rebalanceSeconds'

export interface RangeQuery {
  readonly figure: Figure
  readonly expr: string
  /** The label that names the part. */
  readonly partLabel: string
}

export interface PipelineName {
  readonly namespace: string
  readonly name: string
}

/** Figures that are scraped once in this time have no gaps. */
const longestScrapeMs = 60_000

export function rangeQueries({ namespace, name }: PipelineName, { stepMs }: LongRange): readonly RangeQuery[] {
  // Each sample is of the time before it, so that no peak falls between two samples. What a counter
  // gained between two scrapes is only seen where both are in its window.
  const window = seconds(Math.max(stepMs, longestScrapeMs))
  const counterWindow = seconds(stepMs + longestScrapeMs)
  const ofOperator = `{namespace=${quoted(namespace)},pipeline=${quoted(name)}}`
  const ofPods = `{namespace=${quoted(namespace)},orderpipeline_dev_pipeline=${quoted(name)}}`
  const over = (times: 'min_over_time' | 'max_over_time', metric: string): string =>
    `max by (stage) (${times}(${metric}${ofOperator}[${window}]))`
  const ofStage = (figure: Figure, expr: string): RangeQuery => ({ figure, expr, partLabel: 'stage' })
  return [
    ofStage('lag', over('max_over_time', 'orderpipeline_group_lag')),
    ofStage('wanted', over('max_over_time', 'orderpipeline_stage_replicas_desired')),
    ofStage('ready', over('max_over_time', 'orderpipeline_stage_replicas_ready')),
    ofStage(
      'standing',
      `${over('min_over_time', 'orderpipeline_group_lag')} > 0` +
        ` and ${over('max_over_time', 'orderpipeline_group_consumed_per_second')} == 0`,
    ),
    {
      figure: 'rebalanceSeconds',
      expr: `max by (orderpipeline_dev_stage) (increase(orderpipeline_stage_rebalance_standstill_seconds_total${ofPods}[${counterWindow}])) > 0`,
      partLabel: 'orderpipeline_dev_stage',
    },
  ]
}

function seconds(ms: number): string {
  return `${ms / 1_000}s`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
