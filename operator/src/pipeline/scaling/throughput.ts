// How fast is a stage when it has more messages than it can handle, and did the last replicas make
// it faster? Measured on plateaus: times in which the lag never ran out and the number of replicas
// stayed the same.
import type { ScaleOut } from '../../api/index.ts'
import { windowMs } from '../kafka/lag.ts'
import { leastBusyLag } from './replica-rate.ts'

export interface Point {
  /** Milliseconds. */
  readonly at: number
  /** Ready replicas. */
  readonly replicas: number
  readonly lag: number
  readonly consumedPerSecond: number
  /** The largest partition's share of the lag, 0 to 1. */
  readonly largestShare: number
}

interface Plateau {
  readonly replicas: number
  readonly since: number
  /** The rate of a plateau that has lasted. */
  readonly perSecond: number | undefined
}

export interface Throughput {
  readonly plateau?: Plateau
  /** The last lasting plateau with fewer replicas. */
  readonly before?: Plateau
  /** Busy seconds per message, by Little's law: messages in flight ÷ messages a second. */
  readonly workSeconds?: number
  readonly scaleOut?: ScaleOut
}

/**
 * The rate is an average over windowMs, which must lie within the plateau, after the group has
 * settled.
 */
const settleMs = windowMs + 30_000
/** A smaller growth of the replicas is not conclusive. */
const leastGrowth = 1.2
/** Part of the added replicas' work that must be measured. */
const leastGain = 0.25

export function withPoint(throughput: Throughput, point: Point, concurrency: number): Throughput {
  const measuredWork = throughput.workSeconds === undefined ? {} : { workSeconds: throughput.workSeconds }
  const busy = point.replicas > 0 && point.lag >= leastBusyLag(point.replicas, concurrency, point.consumedPerSecond)
  if (!busy) return measuredWork
  const { plateau } = throughput
  if (plateau?.replicas !== point.replicas) {
    const before = plateau?.perSecond === undefined ? throughput.before : plateau
    const newPlateau = { replicas: point.replicas, since: point.at, perSecond: undefined }
    return { ...measuredWork, plateau: newPlateau, ...(before && before.replicas < point.replicas ? { before } : {}) }
  }
  if (point.at - plateau.since < settleMs || point.consumedPerSecond <= 0) return throughput
  const settled = { ...plateau, perSecond: point.consumedPerSecond }
  const scaleOut = throughput.before && useless(throughput.before, settled, point)
  return {
    plateau: settled,
    ...(throughput.before ? { before: throughput.before } : {}),
    workSeconds: (point.replicas * concurrency) / point.consumedPerSecond,
    ...(scaleOut ? { scaleOut } : {}),
  }
}

function useless(before: Plateau, after: Plateau, { largestShare }: Point): ScaleOut | undefined {
  const [slow = 0, fast = 0] = [before.perSecond, after.perSecond]
  const growth = after.replicas / before.replicas
  if (growth < leastGrowth || fast >= slow * (1 + leastGain * (growth - 1))) return undefined
  const look =
    largestShare > 0.5
      ? `${Math.round(largestShare * 100)} % of the lag is in one partition: check the keys of its messages`
      : 'check the resources that its replicas share, such as the database or a service that they call'
  return {
    from: before.replicas,
    to: after.replicas,
    message: `from ${before.replicas} to ${after.replicas} replicas the throughput went from ${Math.round(slow)} to ${Math.round(fast)} messages per second; ${look}`,
  }
}
