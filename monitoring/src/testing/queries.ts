// Which queries does the product bring? Those of its dashboards, alerts and objectives, each with
// the labels that its text names.
import { sloRuleGroups } from '@orderpipeline/operator/pipeline'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { alertGroups } from '../alerts/index.ts'
import { descriptions } from '../dashboards/index.ts'

export interface NamedQuery {
  /** Where it is written. */
  readonly at: string
  readonly expr: string
  /** Labels that its legend or its summary shows. */
  readonly shown: readonly string[]
}

/** Grafana fills them in. */
const variables = { namespace: 'shop', pipeline: 'shop', stage: 'payment', __rate_interval: '5m' }

export function filledIn(expr: string, values: Readonly<Record<string, string>> = variables): string {
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), expr)
}

export function panelQueries(values?: Readonly<Record<string, string>>): readonly NamedQuery[] {
  return descriptions.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ expr, legend }) => ({
          ...{ at: `${title}: ${panel.title}`, expr: filledIn(expr, values) },
          shown: [...legend.matchAll(/\{\{ *(\w+) *\}\}/g)].map(([, label = '']) => label),
        })),
      ),
    ),
  )
}

/** Grafana's `label_values(<selector>, <label>)`: the selector, and the label that it must have. */
export function variableQueries(): readonly NamedQuery[] {
  return descriptions.flatMap(({ title, variables: list }) =>
    Object.entries(list).map(([name, text]) => {
      const [, expr = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? []
      return { at: `${title}: the variable ${name}`, expr: filledIn(expr), shown: [label] }
    }),
  )
}

export function alertQueries(): readonly NamedQuery[] {
  return alertGroups.flatMap(({ alerts }) =>
    alerts.map(({ name, expr, summary }) => ({ at: name, expr, shown: shownIn(summary) })),
  )
}

export function objectiveQueries(pipeline: OrderPipeline): readonly NamedQuery[] {
  return sloRuleGroups(pipeline).flatMap(({ name, rules }) =>
    rules.map((rule) => {
      const texts = 'record' in rule ? [] : Object.values(rule.annotations)
      const shownLabels = texts.flatMap(shownIn).filter((label) => !(label in rule.labels))
      return { at: `${name}: ${'record' in rule ? rule.record : rule.alert}`, expr: rule.expr, shown: shownLabels }
    }),
  )
}

function shownIn(summary: string): string[] {
  return [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
}

/** With an objective of each kind. */
export const pipelineWithObjectives = {
  ...{ apiVersion: 'orderpipeline.dev/v1alpha1', kind: 'OrderPipeline', metadata: { name: 'shop', namespace: 'shop' } },
  spec: {
    ...{ kafka: { strimziCluster: 'kafka' }, topics: [], stages: [] },
    slo: {
      stages: [{ name: 'payment', freshnessSeconds: 60, objective: 99 }],
      gateway: { availability: { objective: 99.9 }, latency: { seconds: 0.5, objective: 99 } },
    },
  },
} satisfies OrderPipeline
