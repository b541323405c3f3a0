// What is an alert? Its rule, the text of its runbook, and the series with which its test shows
// when it fires and when it does not.

export interface Alert {
  /** PascalCase, beginning with OrderPipeline. */
  readonly name: string
  /** PromQL. Its labels reach the annotations. */
  readonly expr: string
  /** How long the expression holds before the alert fires, as Prometheus writes times. */
  readonly for: string
  /** critical: customers or money are affected now. warning: a person has to look today. */
  readonly severity: 'critical' | 'warning'
  /** One line. May use `{{ $labels.x }}` and `{{ $value }}`. */
  readonly summary: string
  readonly runbook: Runbook
  readonly fires: Example
  /** At least one case that looks similar and must not fire. */
  readonly quiet: readonly Example[]
}

export interface Runbook {
  /** What it means for orders and customers. */
  readonly meaning: string
  /** Where to look, and what to look for there. */
  readonly look: readonly string[]
  /** What to do. */
  readonly act: readonly string[]
}

/**
 * Series by name and labels, one value a minute as promtool writes them (`0+5x60`), and the time at
 * which the alerts are evaluated.
 */
export interface Example {
  readonly title: string
  readonly series: Readonly<Record<string, string>>
  /** Such as `30m`. */
  readonly at: string
}

export interface AlertGroup {
  readonly name: string
  readonly alerts: readonly Alert[]
}

/** Labels of a stage as the operator sets them. */
export const stage = 'namespace="shop",pipeline="shop",stage="payment"'
/** Labels of a pipeline's pod, as the chart's PodMonitor sets them. */
export function pod(part: string, name = 'a'): string {
  return `namespace="shop",pod="${name}",orderpipeline_dev_pipeline="shop",orderpipeline_dev_stage="${part}"`
}
