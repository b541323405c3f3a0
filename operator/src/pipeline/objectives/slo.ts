// Which objectives has a pipeline, and what does its status say about them? The operator measures
// the freshness of stages; what only the gateway sees, Prometheus measures.
import type { ObjectiveStatus, OrderPipeline, OrderPipelineSpec } from '../../api/index.ts'
import type { ErrorBudget } from './error-budget.ts'

export type Objective =
  | {
      readonly kind: 'freshness'
      readonly name: string
      readonly objective: number
      readonly stage: string
      readonly seconds: number
    }
  | { readonly kind: 'availability'; readonly name: string; readonly objective: number }
  | { readonly kind: 'latency'; readonly name: string; readonly objective: number; readonly seconds: number }

export function objectivesOf({ slo }: OrderPipelineSpec): Objective[] {
  const { availability, latency } = slo?.gateway ?? {}
  return [
    ...(slo?.stages ?? []).map(({ name, freshnessSeconds, objective }): Objective => ({
      ...{ kind: 'freshness', name: freshnessName(name), objective },
      ...{ stage: name, seconds: freshnessSeconds },
    })),
    ...(availability ? [{ kind: 'availability', name: 'gateway-availability', ...availability } as const] : []),
    ...(latency ? [{ kind: 'latency', name: 'gateway-latency', ...latency } as const] : []),
  ]
}

export function freshnessName(stage: string): string {
  return `${stage}-freshness`
}

/** The share of errors that the objective allows; rounded, as 1 - 0.999 is no short number. */
export function errorBudgetShare({ objective }: Objective): number {
  return Number(((100 - objective) / 100).toPrecision(6))
}

/**
 * Undefined without objectives. `budgets` by stage. An operator that has just started has measured
 * nothing yet: what the status says about the same target stays.
 */
export function sloStatus(
  { spec, status }: Pick<OrderPipeline, 'spec' | 'status'>,
  budgets: ReadonlyMap<string, ErrorBudget> = new Map(),
): ObjectiveStatus[] | undefined {
  const objectives = objectivesOf(spec)
  if (objectives.length === 0) return undefined
  return objectives.map((one): ObjectiveStatus => {
    const { name, objective } = one
    if (one.kind !== 'freshness') return { name, objective, measuredBy: 'Prometheus' }
    const before = status?.slo?.find((entry) => entry.name === name && entry.target === one.seconds)
    const measured = budgets.get(one.stage)
    if (!measured && before) return { ...before, objective }
    return { name, objective, measuredBy: 'Operator', target: one.seconds, ...measured }
  })
}
