// How many replicas does Kubernetes' horizontal pod autoscaler desire? Its algorithm for external
// metrics with an average value as target and with scaling behaviour (pkg/controller/podautoscaler
// of Kubernetes 1.36), on a simulated clock.

export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent'
  readonly value: number
  readonly periodSeconds: number
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds: number
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled'
  readonly policies: readonly ScalingPolicy[]
}

export interface HpaSpec {
  /** At least 1: below that is not the autoscaler's business. */
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly scaleUp: ScalingRules
  readonly scaleDown: ScalingRules
  /** 0.1 unless a controller-manager's flag says otherwise. */
  readonly tolerance: number
}

/** A total, and as much of it as one replica is to carry. */
export interface Metric {
  readonly total: number
  readonly perReplica: number
}

/** What the controller remembers between two looks. Times in milliseconds. */
export interface HpaMemory {
  readonly recommendations: readonly { readonly at: number; readonly replicas: number }[]
  readonly changes: readonly { readonly at: number; readonly by: number }[]
}

export interface HpaDecision {
  readonly desired: number
  readonly memory: HpaMemory
}

export const blank: HpaMemory = { recommendations: [], changes: [] }

/** One look of the controller at a target with `current` replicas. */
export function decision(
  spec: HpaSpec,
  memory: HpaMemory,
  now: number,
  current: number,
  metrics: readonly Metric[],
): HpaDecision {
  // Replicas at zero switch the autoscaler off; who scales from zero is KEDA.
  if (current === 0) return { desired: 0, memory }
  const initial = memory.recommendations.length === 0 ? [{ at: now, replicas: current }] : memory.recommendations
  const initialMemory: HpaMemory = { ...memory, recommendations: initial }
  // Outside the bounds neither stabilization nor policies apply.
  if (current > spec.maxReplicas) return decisionOf(spec, initialMemory, now, current, spec.maxReplicas)
  if (current < spec.minReplicas) return decisionOf(spec, initialMemory, now, current, spec.minReplicas)

  const desired = Math.max(0, ...metrics.map((metric) => proposal(metric, current, spec.tolerance)))
  const stabilized = stabilization(spec, initialMemory, now, current, desired)
  const longest = Math.max(spec.scaleUp.stabilizationWindowSeconds, spec.scaleDown.stabilizationWindowSeconds) * 1_000
  const recommendations = [...initial.filter(({ at }) => at >= now - longest), { at: now, replicas: desired }]
  return decisionOf(
    spec,
    { ...initialMemory, recommendations },
    now,
    current,
    limited(spec, initialMemory, now, current, stabilized),
  )
}

/** Within the tolerance nothing changes; otherwise as many replicas as carry the total. */
export function proposal({ total, perReplica }: Metric, current: number, tolerance: number): number {
  const ratio = total / (perReplica * current)
  return 1 - tolerance <= ratio && ratio <= 1 + tolerance ? current : Math.ceil(total / perReplica)
}

/**
 * Up only as far as every recommendation of the up window went, down only as far as every one of
 * the down window.
 */
function stabilization(spec: HpaSpec, memory: HpaMemory, now: number, current: number, desired: number): number {
  const within = ({ stabilizationWindowSeconds }: ScalingRules): number[] =>
    memory.recommendations
      .filter(({ at }) => at > now - stabilizationWindowSeconds * 1_000)
      .map(({ replicas }) => replicas)
  const up = Math.min(desired, ...within(spec.scaleUp))
  const down = Math.max(desired, ...within(spec.scaleDown))
  return Math.min(Math.max(current, up), down)
}

/** What the policies and the bounds leave of it. */
function limited(spec: HpaSpec, memory: HpaMemory, now: number, current: number, desired: number): number {
  if (desired > current) {
    const policies = Math.max(current, policyLimit(spec.scaleUp, 'up', memory, now, current))
    return Math.min(desired, spec.maxReplicas, policies)
  }
  if (desired < current) {
    const policies = Math.min(current, policyLimit(spec.scaleDown, 'down', memory, now, current))
    return Math.max(desired, spec.minReplicas, policies)
  }
  return desired
}

/**
 * A policy counts from the replicas at the start of its period: what was added since is taken off,
 * what was removed put back.
 */
function policyLimit(
  rules: ScalingRules,
  direction: 'up' | 'down',
  memory: HpaMemory,
  now: number,
  current: number,
): number {
  if (rules.selectPolicy === 'Disabled' || rules.policies.length === 0) return current
  const proposals = rules.policies.map(({ type, value, periodSeconds }) => {
    const since = memory.changes.filter(({ at }) => at > now - periodSeconds * 1_000)
    const start = current - since.reduce((sum, { by }) => sum + by, 0)
    if (type === 'Pods') return direction === 'up' ? start + value : start - value
    return direction === 'up' ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100))
  })
  const furthest = (rules.selectPolicy === 'Max') === (direction === 'up') ? Math.max : Math.min
  return furthest(...proposals)
}

function decisionOf(spec: HpaSpec, memory: HpaMemory, now: number, current: number, desired: number): HpaDecision {
  if (desired === current) return { desired, memory }
  const periods = [...spec.scaleUp.policies, ...spec.scaleDown.policies].map(({ periodSeconds }) => periodSeconds)
  const longest = Math.max(0, ...periods) * 1_000
  const changes = [...memory.changes.filter(({ at }) => at > now - longest), { at: now, by: desired - current }]
  return { desired, memory: { ...memory, changes } }
}
