// Which processes should a Deployment start and end? As many as desired, of the newest template, by
// the steps that its rolling update allows. Pure.
import type { V1DeploymentSpec } from '@orderpipeline/operator/api'

/** A replica as a Deployment sees it. */
export interface ReplicaView {
  readonly name: string
  /** The version of the template it was made from. */
  readonly version: string
  readonly ready: boolean
  /** It got the signal to end. */
  readonly draining: boolean
  /** Milliseconds. */
  readonly createdAt: number
}

export interface ReplicaSteps {
  readonly start: number
  readonly stop: readonly string[]
}

export interface DeploymentView {
  /** Replicas there may be now: the desired number, or fewer where the limits require it. */
  readonly desired: number
  readonly version: string
  readonly strategy?: V1DeploymentSpec['strategy']
}

export function replicaSteps(
  { desired, version, strategy }: DeploymentView,
  replicas: readonly ReplicaView[],
): ReplicaSteps {
  const staying = replicas.filter(({ draining }) => !draining)
  const current = staying.filter((replica) => replica.version === version)
  const outdated = staying.filter((replica) => replica.version !== version)
  const surplus = leastMissed(current).slice(0, Math.max(0, current.length - desired))
  if (outdated.length === 0)
    return { start: Math.max(0, desired - current.length), stop: surplus.map(({ name }) => name) }
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {}
  const most = desired + share(maxSurge ?? '25%', desired, Math.ceil)
  const least = desired - share(maxUnavailable ?? '25%', desired, Math.floor)
  const ready = staying.filter((replica) => replica.ready).length
  const broken = outdated.filter((replica) => !replica.ready)
  const mayGo = Math.max(0, ready - least)
  const going = [...broken, ...leastMissed(outdated.filter((replica) => replica.ready)).slice(0, mayGo)]
  return {
    start: Math.max(0, Math.min(desired - current.length, most - staying.length)),
    stop: [...going, ...surplus].map(({ name }) => name),
  }
}

/** Those that do not work yet first, then the youngest, as a ReplicaSet does. */
function leastMissed(replicas: readonly ReplicaView[]): ReplicaView[] {
  return [...replicas].sort((a, b) => Number(a.ready) - Number(b.ready) || b.createdAt - a.createdAt)
}

function share(of: string | number, desired: number, round: (value: number) => number): number {
  return typeof of === 'number' ? of : round((Number.parseInt(of, 10) / 100) * desired)
}

/** How many of the available processes one Deployment requests. */
export interface ReplicaRequest {
  readonly name: string
  readonly desired: number
  /** As many as it must have to work at all: its minReplicas. */
  readonly minReplicas: number
}

/**
 * How many each may have of `most` in all: the minReplicas of each first, in the order
 * given, then the rest in turn.
 */
export function shares(asks: readonly ReplicaRequest[], most: number): ReadonlyMap<string, number> {
  let remaining = most
  const granted = new Map<string, number>()
  const grant = (name: string, count: number): void => {
    const increment = Math.max(0, Math.min(remaining, count))
    granted.set(name, (granted.get(name) ?? 0) + increment)
    remaining -= increment
  }
  for (const { name, desired } of asks) grant(name, Math.min(1, desired)) // an order must get through at all
  for (const { name, desired, minReplicas } of asks)
    grant(name, Math.min(desired, minReplicas) - (granted.get(name) ?? 0))
  for (let open = asks; remaining > 0 && open.length > 0;) {
    open = open.filter(({ name, desired }) => (granted.get(name) ?? 0) < desired)
    for (const { name } of open) grant(name, 1)
  }
  return granted
}
