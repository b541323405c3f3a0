// Which series of the operator do the alerts on stages read? As they are of one stage in the
// examples of the alerts.
import { stage } from './alert.ts'

export const desiredReplicas = `orderpipeline_stage_replicas_desired{${stage}}`
export const ready = `orderpipeline_stage_replicas_ready{${stage}}`
export const most = `orderpipeline_stage_replicas_max{${stage}}`
export const lag = `orderpipeline_group_lag{${stage}}`
export const consumed = `orderpipeline_group_consumed_per_second{${stage}}`

export function condition(type: string): string {
  return `orderpipeline_condition{namespace="shop",pipeline="shop",type="${type}"}`
}
