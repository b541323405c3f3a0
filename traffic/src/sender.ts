// How do orders go out? At random moments without waiting for answers, or as fast as answers come. Both are bounded, and
// what could not be sent for that is counted, not queued.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { interArrivalMs, randomOrder, type OrderBody, type Shop } from './arrivals.ts'
import type { Client } from './client.ts'

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

export interface SenderOptions {
  readonly client: Client
  readonly shop: Shop
  readonly random: () => number
  readonly maxInFlight: number
  readonly signal: AbortSignal | undefined
  /** `acceptMs` counts from the moment the order was due. */
  readonly onAccepted: (orderId: string, order: OrderBody, acceptMs: number) => void
}

export interface Sender {
  /** A Poisson process from now on; resolves when the time is over, though answers may be outstanding. */
  atRate(perSecond: number, durationMs: number): Promise<void>
  /** So many orders, `lanes` at a time; resolves with the last answer. */
  burst(total: number, lanes: number): Promise<void>
  counts(): Counts
}

/** Longest time without reading answers, milliseconds. */
const turnMs = 5

export function createSender({ client, shop, random, maxInFlight, signal, onAccepted }: SenderOptions): Sender {
  const run = crypto.randomUUID()
  const counts = { sent: 0, accepted: 0, notSent: 0, inFlight: 0 }
  const refused: Record<string, number> = {}
  const errors: Record<string, number> = {}

  const post = async (dueAt: number): Promise<void> => {
    const order = randomOrder(shop, random)
    counts.sent++
    counts.inFlight++
    const answer = await client.post(order, `${run}-${counts.sent}`)
    counts.inFlight--
    switch (answer.kind) {
      case 'accepted':
        counts.accepted++
        onAccepted(answer.orderId, order, performance.now() - dueAt)
        break
      case 'refused':
        refused[answer.status] = (refused[answer.status] ?? 0) + 1
        break
      case 'failed':
        errors[answer.code] = (errors[answer.code] ?? 0) + 1
    }
  }

  return {
    atRate: async (perSecond, durationMs) => {
      const startedAt = performance.now()
      let dueAt = startedAt + interArrivalMs(perSecond, random())
      let turnStartedAt = startedAt
      while (!signal?.aborted && dueAt < startedAt + durationMs) {
        const now = performance.now()
        if (dueAt > now) await sleep(dueAt - now, undefined, signal ? { signal } : {}).catch(() => undefined)
        // Behind time: answers must be read all the same.
        else if (now - turnStartedAt > turnMs) await turn()
        else {
          if (counts.inFlight >= maxInFlight) counts.notSent++
          else void post(dueAt)
          dueAt += interArrivalMs(perSecond, random())
          continue
        }
        turnStartedAt = performance.now()
      }
    },
    burst: async (total, lanes) => {
      let left = total
      const lane = async (): Promise<void> => {
        while (left > 0 && !signal?.aborted) {
          left--
          await post(performance.now())
        }
      }
      await Promise.all(Array.from({ length: Math.min(lanes, total) }, lane))
    },
    counts: () => ({ ...counts, refused, errors }),
  }
}
