// How does order traffic run from beginning to end? Orders are sent and tracked in parallel. Then
// the run waits for answers and, if requested, for the orders to end. A progress report comes twice
// a second.
import { sleep } from '@orderpipeline/retry'
import { arrivalTimes, orderBodies } from './arrivals.ts'
import type { Shop } from './arrivals.ts'
import { createClient } from './client.ts'
import { createLatencies } from './latencies.ts'
import type { Percentiles } from './latencies.ts'
import { createSender } from './sender.ts'
import type { Counts } from './sender.ts'
import { checkedTarget } from './target.ts'
import type { Tokens } from './tokens.ts'
import { shape } from './trace/shapes.ts'
import { endOf } from './trace/trace.ts'
import type { Trace } from './trace/trace.ts'
import { traceparent } from './traceparent.ts'
import { createTracker } from './tracker.ts'
import type { Outcomes, Tracker } from './tracker.ts'

/**
 * Orders a second on average, for how long; a rate that changes; or a number of orders, as fast as
 * answers come.
 */
export type Load =
  { readonly perSecond: number; readonly durationMs: number } | { readonly trace: Trace } | { readonly burst: number }

export interface TrafficOptions extends Partial<Shop> {
  readonly url: string
  readonly load: Load
  /**
   * Look every accepted order up until it has ended, at most this long after the last was sent.
   * Otherwise only a sample is looked up, without waiting for its end.
   */
  readonly waitMs?: number
  /** Persistent connections; a burst has as many orders in flight. Default 128. */
  readonly connections?: number
  /** Orders without an answer at most. Default 2,000. */
  readonly maxInFlight?: number
  /** Timeout of one answer. Default 30 s. */
  readonly timeoutMs?: number
  /** For a gateway that authenticates its customers. */
  readonly tokens?: Tokens
  /** The share of the orders that are traced, 0 to 1; unless given, the gateway decides. */
  readonly traced?: number
  readonly allowRemote?: boolean
  /** Stops sending; the result so far is returned. */
  readonly signal?: AbortSignal
  readonly onAccepted?: (order: { readonly orderId: string; readonly customerId: string; readonly at: Date }) => void
  /** Called about twice a second. */
  readonly onProgress?: (progress: LoadProgress) => void
  readonly random?: () => number
}

export interface LoadProgress extends Counts {
  readonly phase: 'sending' | 'waiting'
  readonly elapsedMs: number
  /**
   * Remaining time of sending; while waiting, by the rate at which orders have ended so far.
   * Undefined while it cannot be computed.
   */
  readonly remainingMs: number | undefined
  readonly acceptMs: Percentiles
  readonly outcomes: Outcomes
}

export interface TrafficResult extends Omit<Counts, 'inFlight'> {
  readonly url: string
  readonly sendingMs: number
  readonly acceptedPerSecond: number
  /**
   * From the moment an order was due to its acceptance, so that a stalled sender does not flatter
   * the gateway.
   */
  readonly acceptMs: Percentiles
  readonly outcomes: Outcomes
  readonly acceptedIds: readonly string[]
  readonly interrupted: boolean
}

/** Number of orders to track where the run does not wait for their end. */
const sampleSize = 1_000
const progressEveryMs = 500

/** @throws InvalidOptionError when the target must not receive load */
export async function runTraffic(options: TrafficOptions): Promise<TrafficResult> {
  const { load, signal, waitMs, connections = 128, random = Math.random, traced, tokens, timeoutMs = 30_000 } = options
  const target = await checkedTarget(options.url, options.allowRemote ?? false)
  const client = createClient(target, { connections, timeoutMs, tokens, nextTraceparent: traceparents(traced) })
  const tracker = createTracker(client, waitMs === undefined ? sampleSize : Number.POSITIVE_INFINITY)
  const latencies = createLatencies()
  const acceptedIds: string[] = []
  const sender = createSender({
    client,
    nextOrder: orderBodies(shopOf(options), random),
    maxInFlight: options.maxInFlight ?? 2_000,
    signal,
    onAccepted: (orderId, { customerId }, acceptMs) => {
      latencies.add(acceptMs)
      acceptedIds.push(orderId)
      tracker.add({ orderId, customerId })
      options.onAccepted?.({ orderId, customerId, at: new Date() })
    },
  })
  const startedAt = performance.now()
  let phase: LoadProgress['phase'] = 'sending'
  let waiting = { fromMs: 0, unfinished: 0 }
  const report = (): void => {
    const elapsedMs = performance.now() - startedAt
    const counts = sender.counts()
    const [acceptMs, outcomes] = [latencies.percentiles(), tracker.outcomes()]
    const remainingMs =
      phase === 'sending'
        ? remainingMsOf(load, elapsedMs, counts.sent)
        : remainingWaitMs(waiting, elapsedMs, outcomes.unfinished, waitMs)
    options.onProgress?.({ ...counts, phase, elapsedMs, remainingMs, acceptMs, outcomes })
  }
  const progressTimer = setInterval(report, progressEveryMs)
  const sending = new AbortController()

  try {
    const looking = lookUntil(tracker, sending.signal)
    await ('burst' in load
      ? sender.burst(load.burst, connections)
      : sender.atTimes(arrivalTimes(traceOf(load), random)))
    const sendingMs = performance.now() - startedAt
    while (sender.counts().inFlight > 0) await sleep(20)
    sending.abort()
    await looking
    phase = 'waiting'
    waiting = { fromMs: performance.now() - startedAt, unfinished: tracker.outcomes().unfinished }
    await waitForEndings(tracker, waitMs, signal)
    report()
    return {
      ...sentFigures(sender.counts(), sendingMs),
      ...{ url: target.href, acceptedIds, interrupted: signal?.aborted ?? false },
      ...{ acceptMs: latencies.percentiles(), outcomes: tracker.outcomes() },
    }
  } finally {
    clearInterval(progressTimer)
    sending.abort()
    await client.close()
  }
}

/** Not by the random numbers of the load: the orders of a seed stay the same. */
function traceparents(share: number | undefined): (() => string) | undefined {
  return share === undefined ? undefined : () => traceparent(share, Math.random)
}

/**
 * So many customers, spread so evenly, that no customer orders faster than a payment of some
 * seconds each allows.
 */
function shopOf({ tokens, customers, skus = 200, customerSkew = 0.2, skuSkew = 0.5 }: TrafficOptions): Shop {
  const customerIds = tokens?.customers
  if (customerIds) return { customers: customerIds.length, customerIds, skus, customerSkew, skuSkew }
  return { customers: customers ?? 50_000, skus, customerSkew, skuSkew }
}

function remainingMsOf(load: TrafficOptions['load'], elapsedMs: number, sentCount: number): number | undefined {
  if ('burst' in load) return remainingAtPace(elapsedMs, sentCount, load.burst - sentCount)
  return Math.max(
    0,
    ('trace' in load ? endOf(load.trace.filter(({ orders }) => orders > 0)) : load.durationMs) - elapsedMs,
  )
}

/** At the rate so far; no longer than the maximum wait. */
function remainingAtPace(
  elapsedMs: number,
  completedCount: number,
  remaining: number,
  atMostMs?: number,
): number | undefined {
  const atPace = completedCount > 0 ? (elapsedMs / completedCount) * remaining : undefined
  if (atMostMs === undefined) return atPace
  return Math.min(atPace ?? atMostMs, Math.max(0, atMostMs - elapsedMs))
}

function traceOf(load: Exclude<Load, { burst: number }>): Trace {
  return 'trace' in load ? load.trace : shape('steady', load.perSecond, load.durationMs)
}

async function lookUntil(tracker: Tracker, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await sleep(500, stop)
    await tracker.look()
  }
}

/** Without a wait, every tracked order is looked up once more. */
async function waitForEndings(
  tracker: Tracker,
  waitMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (waitMs === undefined || signal?.aborted) {
    await tracker.look()
    return
  }
  const until = performance.now() + waitMs
  while ((await tracker.look()) > 0 && performance.now() < until && !signal?.aborted) await sleep(100, signal)
}

function sentFigures({ inFlight: _none, ...counts }: Counts, sendingMs: number) {
  return { ...counts, sendingMs, acceptedPerSecond: counts.accepted / (sendingMs / 1_000) }
}

function remainingWaitMs(
  since: { readonly fromMs: number; readonly unfinished: number },
  elapsedMs: number,
  unfinished: number,
  waitMs: number | undefined,
) {
  return remainingAtPace(elapsedMs - since.fromMs, since.unfinished - unfinished, unfinished, waitMs)
}
