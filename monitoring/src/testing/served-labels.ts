// Which labels do the series of a running Prometheus really have? The same check as on the
// reference, on what the processes expose.
import { declaredName } from './known-metrics.ts'
import type { KnownMetric } from './known-metrics.ts'
import { checkedLabels } from './labels.ts'
import type { Labels, LabelsOf } from './labels.ts'
import { expressionOf, selectorsIn } from './promql.ts'
import type { NamedQuery } from './queries.ts'

/** The series of a metric of the last minutes, each as its labels. */
export type SeriesOf = (metric: string) => Promise<readonly Readonly<Record<string, string>>[]>

export interface ServedLabels {
  /** What queries name and no series has. */
  readonly problems: readonly string[]
  /** Metrics that queries name and that have no series yet. */
  readonly absent: readonly string[]
  /** Metrics whose series were compared. */
  readonly compared: readonly string[]
}

/** `reference`: the labels of a metric that has no series. */
export async function servedLabels(
  queries: readonly NamedQuery[],
  seriesOf: SeriesOf,
  reference: LabelsOf,
): Promise<ServedLabels> {
  const metrics = new Set(queries.flatMap(({ expr }) => selectorsIn(expressionOf(expr)).map(({ metric }) => metric)))
  const served = new Map<string, Labels>()
  for (const metric of metrics) {
    const series = await seriesOf(metric)
    if (series.length > 0) served.set(metric, new Set(series.flatMap((labels) => Object.keys(labels))))
  }
  const labelsOf: LabelsOf = (metric) => served.get(metric) ?? reference(metric)
  return {
    problems: queries.flatMap(({ at, expr }) =>
      checkedLabels(expressionOf(expr), labelsOf).problems.map((problem) => `${at}: ${problem}`),
    ),
    absent: [...metrics].filter((metric) => !served.has(metric)),
    compared: [...served.keys()],
  }
}

/** Those that no metric of the operator is part of: a test of the services alone has no others. */
export function queriesOfPods(
  queries: readonly NamedQuery[],
  declared: ReadonlyMap<string, KnownMetric>,
): readonly NamedQuery[] {
  const isOfPods = (metric: string): boolean => {
    const name = declaredName(metric, declared)
    return name !== undefined && declared.get(name)?.servedBy !== 'operator'
  }
  return queries.filter(({ expr }) => selectorsIn(expressionOf(expr)).every(({ metric }) => isOfPods(metric)))
}
