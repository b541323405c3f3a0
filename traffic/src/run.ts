// How does order traffic run? In an open model, orders come when they come and never wait for answers, as customers do; a burst posts a
// given number as fast as it can. Both are bounded, and what could not be sent for that is counted, not queued.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { interArrivalMs, randomOrder, type Shop } from './arrivals.ts'
import { createClient } from './client.ts'
import { createLatencies, type Percentiles } from './latencies.ts'
import { checkedTarget } from './target.ts'
import { createTracker, type Outcomes } from './tracker.ts'

export interface TrafficOptions extends Partial<Shop> {
  readonly url: string
  /** Orders a second on average, for how long; or a burst. */
  readonly load: { readonly perSecond: number; readonly durationMs: number } | { readonly burst: number }
  /** Look every accepted order up until it has ended, at most so long after the last was sent. Otherwise a sample, unwaited for. */
  readonly waitMs?: number
  /** Kept connections; a burst has as many orders under way. Default 128. */
  readonly connections?: number
  /** Orders without an answer at most. Default 2,000. */
  readonly maxInFlight?: number
  readonly timeoutMs?: number
  readonly allowRemote?: boolean
  /** Stops sending; the result so far is returned. */
  readonly signal?: AbortSignal
  readonly onAccepted?: (order: { readonly orderId: string; readonly customerId: string; readonly at: Date }) => void
  /** Called about twice a second. */
  readonly onProgress?: (progress: Progress) => void
  readonly random?: () => number
}

export interface Counts {
  readonly sent: number
  readonly accepted: number
  /** By HTTP status. */
  readonly refused: Readonly<Record<string, number>>
  /** Unanswered, by error code: their fate is unknown. */
  readonly errors: Readonly<Record<string, number>>
  /** Due, but too many were without an answer already. */
  readonly notSent: number
  readonly inFlight: number
}

export interface Progress extends Counts {
  readonly phase: 'sending' | 'waiting'
  readonly elapsedMs: number
  /** Of the sending, by time or by number; undefined while waiting. */
  readonly leftMs: number | undefined
  readonly acceptMs: Percentiles
  readonly outcomes: Outcomes
}

export interface TrafficResult extends Omit<Counts, 'inFlight'> {
  readonly url: string
  readonly sendingMs: number
  readonly acceptedPerSecond: number
  /** From the moment an order was due to its acceptance, so that a stalled sender does not flatter the gateway. */
  readonly acceptMs: Percentiles
  readonly outcomes: Outcomes
  readonly acceptedIds: readonly string[]
  readonly interrupted: boolean
}

const sampleSize = 1_000

export async function runTraffic(options: TrafficOptions): Promise<TrafficResult> {
  const { load, signal, waitMs, random = Math.random, maxInFlight = 2_000, connections = 128 } = options
  const target = await checkedTarget(options.url, options.allowRemote ?? false)
  const shop: Shop = {
    customers: options.customers ?? 50_000,
    skus: options.skus ?? 200,
    customerSkew: options.customerSkew ?? 1.25,
    skuSkew: options.skuSkew ?? 2,
  }
  const client = createClient(target, connections, options.timeoutMs ?? 30_000)
  const tracker = createTracker(client, waitMs === undefined ? sampleSize : Number.POSITIVE_INFINITY)
  const latencies = createLatencies()
  const counts = {
    sent: 0,
    accepted: 0,
    refused: {} as Record<string, number>,
    errors: {} as Record<string, number>,
    notSent: 0,
    inFlight: 0,
  }
  const acceptedIds: string[] = []
  const run = crypto.randomUUID()
  const startedAt = performance.now()

  const post = async (dueAt: number): Promise<void> => {
    const order = randomOrder(shop, random)
    counts.sent++
    counts.inFlight++
    const answer = await client.post(order, `${run}-${counts.sent}`)
    counts.inFlight--
    switch (answer.kind) {
      case 'accepted':
        counts.accepted++
        latencies.add(performance.now() - dueAt)
        acceptedIds.push(answer.orderId)
        tracker.add(answer.orderId)
        options.onAccepted?.({ orderId: answer.orderId, customerId: order.customerId, at: new Date() })
        break
      case 'refused':
        counts.refused[answer.status] = (counts.refused[answer.status] ?? 0) + 1
        break
      case 'failed':
        counts.errors[answer.code] = (counts.errors[answer.code] ?? 0) + 1
    }
  }

  const sendAtRate = async (perSecond: number, durationMs: number): Promise<void> => {
    let dueAt = startedAt + interArrivalMs(perSecond, random())
    let turnStartedAt = startedAt
    while (!signal?.aborted && dueAt < startedAt + durationMs) {
      const now = performance.now()
      if (dueAt > now) {
        await sleep(dueAt - now, undefined, signal ? { signal } : {}).catch(() => undefined)
        turnStartedAt = performance.now()
        continue
      }
      // Behind time: answers must be read all the same.
      if (now - turnStartedAt > 5) {
        await turn()
        turnStartedAt = performance.now()
      }
      if (counts.inFlight >= maxInFlight) counts.notSent++
      else void post(dueAt)
      dueAt += interArrivalMs(perSecond, random())
    }
  }
  const sendBurst = async (total: number): Promise<void> => {
    let left = total
    const lane = async (): Promise<void> => {
      while (left > 0 && !signal?.aborted) {
        left--
        await post(performance.now())
      }
    }
    await Promise.all(Array.from({ length: Math.min(connections, total) }, lane))
  }

  let phase: Progress['phase'] = 'sending'
  const leftMs = (elapsedMs: number): number | undefined => {
    if (phase === 'waiting') return undefined
    if ('durationMs' in load) return Math.max(0, load.durationMs - elapsedMs)
    return counts.sent === 0 ? undefined : (elapsedMs / counts.sent) * (load.burst - counts.sent)
  }
  const report = (): void => {
    const elapsedMs = performance.now() - startedAt
    const acceptMs = latencies.percentiles()
    options.onProgress?.({
      ...counts,
      phase,
      elapsedMs,
      leftMs: leftMs(elapsedMs),
      acceptMs,
      outcomes: tracker.outcomes(),
    })
  }
  const progressTimer = setInterval(report, 500)
  const looking = new AbortController()
  const trackUntilStopped = async (): Promise<void> => {
    while (!looking.signal.aborted) {
      await sleep(500, undefined, { signal: looking.signal }).catch(() => undefined)
      await tracker.look()
    }
  }

  try {
    const tracking = trackUntilStopped()
    await ('burst' in load ? sendBurst(load.burst) : sendAtRate(load.perSecond, load.durationMs))
    const sendingMs = performance.now() - startedAt
    while (counts.inFlight > 0) await sleep(20)
    looking.abort()
    await tracking
    phase = 'waiting'
    await waitForEndings(tracker, waitMs, signal)
    report()
    return {
      url: target.href,
      sent: counts.sent,
      accepted: counts.accepted,
      refused: counts.refused,
      errors: counts.errors,
      notSent: counts.notSent,
      sendingMs,
      acceptedPerSecond: counts.accepted / (sendingMs / 1_000),
      acceptMs: latencies.percentiles(),
      outcomes: tracker.outcomes(),
      acceptedIds,
      interrupted: signal?.aborted ?? false,
    }
  } finally {
    clearInterval(progressTimer)
    looking.abort()
    await client.close()
  }
}

/** Without a wait, everything tracked is looked at once more. */
async function waitForEndings(
  tracker: ReturnType<typeof createTracker>,
  waitMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (waitMs === undefined || signal?.aborted) {
    await tracker.look()
    return
  }
  const until = performance.now() + waitMs
  while ((await tracker.look()) > 0 && performance.now() < until && !signal?.aborted)
    await sleep(100, undefined, signal ? { signal } : {}).catch(() => undefined)
}
