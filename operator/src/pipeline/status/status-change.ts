// Is a new status worth writing, and when? What people act on is written at once; figures that
// change all the time are written less often.
import type { OrderPipelineStatus, ScalingChange } from '../../api/index.ts'

export type StatusChange =
  | { readonly write: 'now' }
  /** Only figures changed: write after this many milliseconds. */
  | { readonly write: 'later'; readonly waitMs: number }
  | { readonly write: 'never' }

export interface StatusLimits {
  /** Minimum time between two writes that only change replica counts, milliseconds. */
  readonly countsMs: number
  /** The same for lag. */
  readonly lagMs: number
}

/** `sinceWriteMs` is the time since this status was last written. */
export function statusChange(
  before: OrderPipelineStatus | undefined,
  after: OrderPipelineStatus,
  sinceWriteMs: number,
  limits: StatusLimits,
): StatusChange {
  if (!before || !same(acted(before), acted(after))) return { write: 'now' }
  const wait = !same(counts(before), counts(after))
    ? limits.countsMs
    : !same(lags(before), lags(after))
      ? limits.lagMs
      : undefined
  if (wait === undefined) return { write: 'never' }
  return sinceWriteMs >= wait ? { write: 'now' } : { write: 'later', waitMs: wait - sinceWriteMs }
}

/** Conditions without the figures in their messages: a changed number is not another reason. */
function acted({
  observedGeneration,
  conditions = [],
  totals,
  stages = [],
  drainingSince,
  services,
  slo = [],
}: OrderPipelineStatus): unknown {
  return [
    observedGeneration,
    services && [services.image, services.available],
    drainingSince,
    conditions.map(({ type, status, reason, observedGeneration: generation }) => [type, status, reason, generation]),
    totals?.stages,
    slo.map(({ name, objective, target, since, budgetLeftPercent = 100 }) => [
      ...[name, objective, target, since],
      budgetLeftPercent <= 0,
    ]),
    stages.map(({ name, lag, deadLetters = 0, rollout, scaleOut }) => [
      name,
      lag === undefined,
      deadLetters > 0,
      rollout?.phase,
      scaleOut && [scaleOut.from, scaleOut.to],
    ]),
  ]
}

function counts({ gateway, stages = [], conditions = [] }: OrderPipelineStatus): unknown {
  return [
    replicas(gateway),
    stages.map(replicas),
    conditions.map(({ message }) => message),
    stages.map(({ deadLetters, rollout, lastScaling }) => [
      deadLetters,
      rollout?.message,
      lastScaling && changeOf(lastScaling),
    ]),
  ]
}

/** A change is as it was decided: its message does not change afterwards. */
function changeOf({ at, from, to, reason }: ScalingChange): unknown {
  return [at, from, to, reason]
}

function replicas(part: OrderPipelineStatus['gateway']): unknown {
  return part && [part.replicas, part.readyReplicas, part.desiredReplicas]
}

function lags({ totals, capacity, slo = [], stages = [] }: OrderPipelineStatus): unknown {
  return [
    // Measured seconds grow with every look: once an hour is enough to carry them on.
    slo.map(({ budgetLeftPercent, burnRate, measuredSeconds = 0 }) => [
      ...[budgetLeftPercent, twoDigits(burnRate)],
      Math.floor(measuredSeconds / 3600),
    ]),
    [totals?.ordersPerSecond, capacity?.ordersPerSecond].map(twoDigits),
    capacity?.bottleneck,
    stages.map(({ lag, arrivedPerSecond, consumedPerSecond, secondsToDrain, capacity, scaleOut }) => [
      ...[lag, arrivedPerSecond, consumedPerSecond, secondsToDrain, capacity?.ordersPerSecond].map(twoDigits),
      capacity?.replicas,
      scaleOut?.message,
    ]),
  ]
}

/** Two significant digits: 1,234 and 1,201 count as the same figure. */
function twoDigits(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(2))
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
