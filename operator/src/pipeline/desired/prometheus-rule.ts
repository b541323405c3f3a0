// Which object makes a Prometheus operator load the rules of a pipeline's objectives? One for each
// pipeline that has objectives.
import type { OrderPipeline, PrometheusRule } from '../../api/index.ts'
import { ownedMeta } from '../children/names.ts'
import { sloRuleGroups } from '../objectives/slo-rules.ts'

export interface PrometheusRuleSettings {
  /**
   * false: the API server serves no such kind, so that none is desired; absent means that it does.
   */
  readonly prometheusRules?: boolean | undefined
  /** Labels that a Prometheus selects its rules by. */
  readonly prometheusRuleLabels?: Readonly<Record<string, string>> | undefined
  /** Address of the page of runbooks. */
  readonly runbooksUrl?: string | undefined
}

export function prometheusRule(
  pipeline: OrderPipeline,
  { prometheusRules = true, prometheusRuleLabels = {}, runbooksUrl }: PrometheusRuleSettings,
): PrometheusRule | undefined {
  const groups = sloRuleGroups(pipeline, runbooksUrl)
  if (groups.length === 0 || !prometheusRules) return undefined
  const metadata = ownedMeta(pipeline, `${pipeline.metadata.name}-slo`)
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { ...metadata, labels: { ...prometheusRuleLabels, ...metadata.labels } },
    spec: { groups },
  }
}
