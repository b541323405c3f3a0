// Which objectives has the recorded shop? One that is kept, one whose budget is being spent, one
// whose budget is exhausted, one that is not measured yet, and those that Prometheus measures.
import type { ObjectiveStatus, OrderPipelineSpec } from '@orderpipeline/operator/api'

export const recordedSlo: NonNullable<OrderPipelineSpec['slo']> = {
  stages: [
    { name: 'orders', freshnessSeconds: 30, objective: 99.5 },
    { name: 'payment', freshnessSeconds: 60, objective: 99 },
    { name: 'shipping', freshnessSeconds: 300, objective: 99.9 },
    { name: 'notification', freshnessSeconds: 120, objective: 95 },
  ],
  gateway: { availability: { objective: 99.9 }, latency: { seconds: 0.25, objective: 99 } },
}

/** `at`: Unix milliseconds. */
export function recordedObjectives(at: number): readonly ObjectiveStatus[] {
  const sums = { since: new Date(at - 12 * 86_400_000).toISOString(), measuredSeconds: 12 * 86_400 }
  const measured = { ...sums, measuredBy: 'Operator' } as const
  return [
    {
      ...{ ...measured, name: 'orders-freshness', objective: 99.5, target: 30 },
      ...{ lateSeconds: 1_040, budgetLeftPercent: 92, burnRate: 0 },
    },
    {
      ...{ ...measured, name: 'payment-freshness', objective: 99, target: 60 },
      ...{ lateSeconds: 9_850, budgetLeftPercent: 62, burnRate: 3.2 },
    },
    {
      ...{ ...measured, name: 'shipping-freshness', objective: 99.9, target: 300 },
      ...{ lateSeconds: 2_900, budgetLeftPercent: -12, burnRate: 0.4 },
    },
    { name: 'notification-freshness', objective: 95, target: 120, measuredBy: 'Operator' },
    { name: 'gateway-availability', objective: 99.9, measuredBy: 'Prometheus' },
    { name: 'gateway-latency', objective: 99, measuredBy: 'Prometheus' },
  ]
}
