// Which metrics are there, and with which labels, where Prometheus has scraped them? Those of the
// reference, which a test compares with the sources of the programs, with the labels that the
// PodMonitors of the chart add; and those that the rules of objectives record.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sloRuleGroups } from '@orderpipeline/operator/pipeline'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { checkedLabels } from './labels.ts'
import type { Labels, LabelsOf } from './labels.ts'
import { expressionOf } from './promql.ts'

export interface KnownMetric {
  /** The program, or the package that several programs share. */
  readonly servedBy: string
  readonly labels: readonly string[]
}

const reference = join(import.meta.dirname, '..', '..', '..', 'docs', 'reference', 'metrics.md')
const ofEveryTarget = ['job', 'instance', 'namespace', 'pod']
const ofPods = [...ofEveryTarget, 'orderpipeline_dev_pipeline', 'orderpipeline_dev_stage']

/** By name, as the programs declare them. */
export function declaredMetrics(): ReadonlyMap<string, KnownMetric> {
  const rows = readFileSync(reference, 'utf8').matchAll(/^\| `([a-z_]+)` \| ([a-z-]+) \| ([^|]*) \|/gm)
  return new Map(
    [...rows].map(([, name = '', servedBy = '', labels = '']) => [
      name,
      { servedBy, labels: [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label = '']) => label) },
    ]),
  )
}

/** The name under which a program declares a series, such as `x_bucket` of the histogram `x`. */
export function declaredName(series: string, declared: ReadonlyMap<string, KnownMetric>): string | undefined {
  return [series, series.replace(/_(?:bucket|count|sum)$/, '')].find((name) => declared.has(name))
}

/** `pipeline`: its objectives have rules that record. */
export function knownLabels(pipeline: OrderPipeline): LabelsOf {
  const declared = declaredMetrics()
  const recorded = new Map<string, Labels>()
  const labelsOf: LabelsOf = (metric) => {
    if (recorded.has(metric)) return recorded.get(metric)
    // Every process has them, of the runtime.
    if (/^(?:process|nodejs)_/.test(metric)) return new Set(ofPods)
    const declaration = declared.get(declaredName(metric, declared) ?? '')
    if (!declaration) return undefined
    const le = metric.endsWith('_bucket') ? ['le'] : []
    return new Set([...declaration.labels, ...le, ...(declaration.servedBy === 'operator' ? ofEveryTarget : ofPods)])
  }
  for (const rule of sloRuleGroups(pipeline).flatMap(({ rules }) => rules))
    if ('record' in rule) {
      const { labels } = checkedLabels(expressionOf(rule.expr), labelsOf)
      recorded.set(rule.record, new Set([...labels, ...Object.keys(rule.labels)]))
    }
  return labelsOf
}
