// How is the result of a condition written? Pure.
import type { ConditionReason } from '../../api/conditions.ts'
import type { ConditionResult, ChildKind } from '../../api/index.ts'
import { everyOf } from '../plan/missing-kinds.ts'
import type { PipelineObservation } from './pipeline-observation.ts'

export function holds(reason: ConditionReason, message: string): ConditionResult {
  return { status: 'True', reason, message }
}

export function fails(reason: ConditionReason, message: string): ConditionResult {
  return { status: 'False', reason, message }
}

export function verdictIn({ status, reason, message }: ConditionResult): ConditionResult {
  return { status, reason, message }
}

/** Objects of a missing kind cannot be read, so they are not ready. */
export function absentKind({ blocked }: PipelineObservation, kind: ChildKind): ConditionResult | undefined {
  const cause = blocked?.get(everyOf(kind))
  return cause && fails(cause.reason, cause.what)
}

/** The first few items in full: a person reads a condition. */
export function list(items: readonly string[], separator = '; '): string {
  return items.length <= 5
    ? items.join(separator)
    : `${items.slice(0, 5).join(separator)}${separator}and ${items.length - 5} more`
}
