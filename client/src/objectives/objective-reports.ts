// How does a pipeline do against its objectives? What the spec promises, with what the status has
// measured of it. Pure.
import type { ObjectiveStatus, OrderPipeline } from '@orderpipeline/operator/api'
import {
  budgetLeftQuery,
  budgetWindowSeconds,
  errorBudgetShare,
  gatewayName,
  objectivesOf,
} from '@orderpipeline/operator/pipeline'
import type { Objective } from '@orderpipeline/operator/pipeline'
import type { BudgetReport, ObjectiveReport, ObjectiveState } from './report.ts'

/** In the order of the spec; empty without objectives. */
export function objectiveReports(pipeline: OrderPipeline): ObjectiveReport[] {
  return objectivesOf(pipeline.spec).map((objective) => {
    const { kind, name } = objective
    const own = { name, kind, part: partOf(objective), objective: objective.objective }
    if (objective.kind !== 'freshness')
      return {
        ...own,
        ...(objective.kind === 'latency' ? { seconds: objective.seconds } : {}),
        ...{ measuredBy: 'Prometheus', state: 'InPrometheus', query: budgetLeftQuery(pipeline, objective) },
      }
    const measured = { ...own, seconds: objective.seconds, measuredBy: 'Operator' as const }
    const budget = budgetOf(objective, pipeline.status?.slo)
    return budget ? { ...measured, state: stateOf(budget), budget } : { ...measured, state: 'Unmeasured' }
  })
}

function partOf(objective: Objective): string {
  return objective.kind === 'freshness' ? objective.stage : gatewayName
}

/** Figures of another target say nothing of this one. */
function budgetOf(
  objective: Objective & { readonly kind: 'freshness' },
  slo: readonly ObjectiveStatus[] = [],
): BudgetReport | undefined {
  const entry = slo.find(({ name, target }) => name === objective.name && target === objective.seconds)
  const { since, measuredSeconds, lateSeconds, burnRate } = entry ?? {}
  if (since === undefined || measuredSeconds === undefined || lateSeconds === undefined) return undefined
  const share = errorBudgetShare(objective)
  const wholeSeconds = Math.round(budgetWindowSeconds * share)
  const leftSeconds = wholeSeconds - lateSeconds
  const isSpent = burnRate !== undefined && burnRate > 0 && leftSeconds > 0
  return {
    ...{ since, measuredSeconds, lateSeconds },
    ...(measuredSeconds > 0 ? { metPercent: Math.floor(10_000 * (1 - lateSeconds / measuredSeconds)) / 100 } : {}),
    ...{ leftPercent: Math.round((100 * leftSeconds) / wholeSeconds), leftSeconds, wholeSeconds },
    ...(burnRate === undefined ? {} : { burnRate }),
    ...(isSpent ? { lastsSeconds: Math.round(leftSeconds / (burnRate * share)) } : {}),
  }
}

function stateOf({ leftSeconds, burnRate = 0 }: BudgetReport): ObjectiveState {
  if (leftSeconds <= 0) return 'Exhausted'
  return burnRate > 1 ? 'Burning' : 'Kept'
}
