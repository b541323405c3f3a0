// How does the gateway estimate, and how good is the estimate? It looks at the queues now and then,
// in parallel with the requests, and follows a few of the accepted orders to their end: their
// estimate is compared with the time that they took, published, and learned from.
import { runPeriodically } from '@orderpipeline/retry'
import { Counter, Gauge, Histogram } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import type { OrderProgress } from '@orderpipeline/orders/queries'
import type { QueueReader } from '../queues/reader.ts'
import { estimateAfter, learned, tookAfterSteps, waitsAfter } from './estimate.ts'
import type { Beyond } from './estimate.ts'

export interface Estimates {
  /** Whole seconds until an order is shipped that has so many steps done, since `at`. */
  secondsLeft(completedSteps: number, at?: string): number | undefined
  /** An order that was just taken. */
  placed(orderId: string): void
}

export interface EstimatorOptions {
  readonly queues: QueueReader
  readonly progress: (orderIds: readonly string[]) => Promise<readonly OrderProgress[]>
  readonly everyMs: number
  readonly registry: Registry
  readonly logger: Logger
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

export const noEstimates: Estimates = { secondsLeft: () => undefined, placed: () => undefined }

/** Orders that are followed at once; the next ones are not. */
const followedAtMost = 20
const followedForMs = 3_600_000
/** The longest that a reading of the queues stays valid. */
const knownForMs = 60_000
/** A reading that was of no use yet is renewed before the next one who asks would have none. */
const unusedForMs = knownForMs / 2

interface LastLook {
  readonly ageMs: number
  /** It has been asked for an estimate, or an order has been placed. */
  readonly used: boolean
  /** Something waited in a queue. */
  readonly waiting: boolean
  readonly followedOrders: number
}

/**
 * Is it time to read the queues again? They are read from Kafka partition by partition, which is
 * most of what an idle gateway does. While nothing waits and no estimate is asked for, half as long
 * as a reading is valid will do.
 */
export function isLookDue(last: LastLook | undefined): boolean {
  if (!last || last.used || last.waiting || last.followedOrders > 0) return true
  return last.ageMs >= unusedForMs
}

interface Followed {
  readonly sinceMs: number
  readonly waits: readonly number[]
  readonly estimate: number | undefined
}

export function startEstimator(options: EstimatorOptions): Estimates & { close(): void } {
  const { queues, progress, everyMs, registry, logger, now, monotonicMs } = options
  const figures = estimateFigures(registry)
  const followedOrders = new Map<string, Followed>()
  let beyond: Beyond = []
  let lastLook: { readonly atMs: number; readonly waits: readonly number[] } | undefined
  let used = false
  let takeNext = true
  const closing = new AbortController()

  const waitsNow = () => (lastLook && monotonicMs() - lastLook.atMs < knownForMs ? lastLook.waits : undefined)
  const look = async (): Promise<void> => {
    const last = lastLook && {
      ...{ ageMs: monotonicMs() - lastLook.atMs, used, followedOrders: followedOrders.size },
      waiting: lastLook.waits.some((seconds) => seconds > 0),
    }
    if (!isLookDue(last)) return
    used = false
    try {
      lastLook = { waits: waitsAfter(await queues.read()), atMs: monotonicMs() }
      for (const [id, { sinceMs }] of followedOrders)
        if (monotonicMs() - sinceMs > followedForMs && followedOrders.delete(id))
          figures.followed.inc({ outcome: 'lost' })
      if (followedOrders.size > 0)
        for (const order of await progress([...followedOrders.keys()]))
          beyond = learnedFrom(order, beyond, followedOrders, figures)
      takeNext = true
    } catch (error) {
      used = true // not later than the next time
      logger.debug({ error }, 'estimates could not be updated; trying again')
    }
    figures.estimate.set(estimateAfter(1, waitsNow() ?? [], beyond) ?? NaN)
  }
  void runPeriodically(everyMs, look, {
    signal: closing.signal,
    onError: (error) => logger.warn({ error }, 'no estimate was made'),
  })

  return {
    secondsLeft: (completedSteps, at) => {
      used = true
      const whole = estimateAfter(completedSteps, waitsNow() ?? [], beyond)
      if (whole === undefined) return undefined
      const passedSeconds = at === undefined ? 0 : (now().getTime() - Date.parse(at)) / 1_000
      // One that is late is not there yet.
      return Math.max(1, Math.ceil(whole - passedSeconds))
    },
    placed: (orderId) => {
      used = true
      const waits = waitsNow()
      if (!takeNext || !waits || followedOrders.size >= followedAtMost) return
      takeNext = false
      followedOrders.set(orderId, { sinceMs: monotonicMs(), waits, estimate: estimateAfter(1, waits, beyond) })
    },
    close: () => {
      closing.abort()
    },
  }
}

/** An order that has ended is no longer followed; its estimate is compared with its time. */
function learnedFrom(
  order: OrderProgress,
  beyond: Beyond,
  followedOrders: Map<string, Followed>,
  figures: ReturnType<typeof estimateFigures>,
): Beyond {
  const one = followedOrders.get(order.orderId)
  const took = tookAfterSteps(order)
  if (!one || (!took && order.status !== 'CANCELLED')) return beyond
  followedOrders.delete(order.orderId)
  figures.followed.inc({ outcome: took ? 'shipped' : 'cancelled' })
  if (!took) return beyond
  if (one.estimate !== undefined) figures.error.observe((took[0] ?? 0) - one.estimate)
  return learned(beyond, took, one.waits)
}

const bounds = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300]

function estimateFigures(registry: Registry) {
  return {
    error: new Histogram({
      name: 'gateway_estimate_error_seconds',
      help: 'Time until an order was shipped, less its estimate; negative: faster than estimated',
      buckets: [...bounds.map((bound) => -bound).reverse(), 0, ...bounds],
      registers: [registry],
    }),
    followed: new Counter({
      name: 'gateway_estimates_checked_total',
      help: 'Orders whose estimate was compared with their end, by outcome; cancelled and lost ones do not count',
      labelNames: ['outcome'] as const,
      registers: [registry],
    }),
    estimate: new Gauge({
      name: 'gateway_estimate_seconds',
      help: 'Estimated time until a new order is shipped; NaN until one has been shipped',
      registers: [registry],
    }),
  }
}
