// Which pods does a stage have? As many as desired are started, join their group, and become ready;
// surplus ones finish their messages in flight and leave.
import type { Random } from '@orderpipeline/traffic/trace'
import type { ConsumerGroup } from './consumer-group.ts'
import type { Nodes, SimulatedPod } from './nodes.ts'
import type { Replica } from './replica.ts'

interface StagePod extends SimulatedPod {
  readonly replica: Replica
  /**
   * Seen ready so late after the nodes have started the last pod; undefined when even while they
   * start others.
   */
  readonly lateMs: number | undefined
  /** When it would be seen ready; undefined before it has joined. */
  readyAt: number | undefined
  ready: boolean
  draining: boolean
}

export interface Deployment {
  readonly wanted: number
  /** Pods there are, those waiting for a start and those ending included. */
  readonly pods: readonly { readonly replica: Replica }[]
  readonly ready: number
  scaleTo(replicas: number): void
  advance(now: number): void
}

export interface DeploymentOptions {
  /** Running from the beginning. */
  readonly initial: readonly Replica[]
  readonly newReplica: () => Replica
  readonly group: ConsumerGroup
  readonly nodes: Nodes
  readonly readinessMs: number
  /** Part of the pods seen ready while others are still being started. */
  readonly readyWhileStarting: number
  /** Within which the others are seen ready once none is being started. */
  readonly readyLateMs: number
  readonly random: Random
}

export function createDeployment(options: DeploymentOptions): Deployment {
  const { group, nodes, random } = options
  let pods = options.initial.map((replica): StagePod => ({ ...unborn(replica, undefined), readyAt: 0, ready: true }))
  let desired = pods.length
  let promptness = 0
  /** Whether a pod is on its way in or out: otherwise there is nothing to look at. */
  let moving = false

  const start = (): void => {
    promptness += options.readyWhileStarting
    const prompt = promptness >= 1 - 1e-9
    if (prompt) promptness -= 1
    const pod = unborn(options.newReplica(), prompt ? undefined : random() * options.readyLateMs)
    pods.push(pod)
    nodes.start(pod, (now) => group.join(pod.replica, now))
  }
  const joined = ({ replica }: StagePod): boolean => group.members.has(replica)
  const end = (count: number): void => {
    for (const pod of victims(pods, joined, count)) {
      pod.draining = true
      pod.replica.drain()
    }
  }
  const leave = (pod: StagePod, now: number): void => {
    pod.gone = true
    group.leave(pod.replica, now)
  }
  const look = (pod: StagePod, now: number): void => {
    if (pod.readyAt !== undefined) pod.ready = now >= pod.readyAt && (pod.lateMs === undefined || late(pod.lateMs, now))
    else if (joined(pod)) pod.readyAt = now + random() * options.readinessMs
  }
  const late = (ms: number, now: number): boolean => nodes.quietSince !== undefined && now >= nodes.quietSince + ms
  return {
    get wanted() {
      return desired
    },
    get pods() {
      return pods
    },
    get ready() {
      return readyCount(pods)
    },
    scaleTo: (replicas) => {
      if (replicas === desired) return
      moving = true
      end(desired - replicas)
      for (; desired < replicas; desired += 1) start()
      desired = replicas
    },
    advance: (now) => {
      if (!moving) return
      for (const pod of pods) {
        if (pod.draining && pod.replica.inFlight === 0) leave(pod, now)
        else if (!pod.ready) look(pod, now)
      }
      pods = pods.filter(({ gone }) => !gone)
      moving = pods.some(({ ready, draining }) => draining || !ready)
    },
  }
}

/** As a ReplicaSet does: those that do not run yet first, then the youngest. */
function victims(pods: readonly StagePod[], joined: (pod: StagePod) => boolean, count: number): StagePod[] {
  const youngest = pods.filter(({ draining }) => !draining).reverse()
  return [...youngest.filter((pod) => !joined(pod)), ...youngest.filter(joined)].slice(0, Math.max(0, count))
}

function readyCount(pods: readonly StagePod[]): number {
  return pods.reduce((sum, { ready, draining }) => sum + (ready && !draining ? 1 : 0), 0)
}

function unborn(replica: Replica, lateMs: number | undefined): StagePod {
  return {
    replica,
    lateMs,
    readyAt: undefined,
    ready: false,
    draining: false,
    gone: false,
  }
}
