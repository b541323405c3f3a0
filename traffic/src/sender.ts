// How are orders sent? At given moments without waiting for answers, or as fast as answers come.
// Both are bounded; an order that exceeds the bound is counted and not queued.
import { setImmediate as turn } from 'node:timers/promises'
import { sleep } from '@orderpipeline/retry'
import type { OrderBody } from './arrivals.ts'
import type { Client } from './client.ts'

export interface Counts {
  readonly sent: number
  readonly accepted: number
  /** By HTTP status. */
  readonly refused: Readonly<Record<string, number>>
  /** Unanswered, by error code: their fate is unknown. */
  readonly errors: Readonly<Record<string, number>>
  /** Due, but the limit of orders in flight was reached. */
  readonly notSent: number
  readonly inFlight: number
}

export interface SenderOptions {
  readonly client: Client
  readonly nextOrder: () => OrderBody
  readonly maxInFlight: number
  readonly signal: AbortSignal | undefined
  /** `acceptMs` counts from the moment the order was due. */
  readonly onAccepted: (orderId: string, order: OrderBody, acceptMs: number) => void
}

export interface Sender {
  /**
   * Sends one order at each of the moments, in milliseconds from now; resolves after the last,
   * though answers may be outstanding.
   */
  atTimes(moments: Iterable<number>): Promise<void>
  /** Sends this many orders, `lanes` at a time; resolves with the last answer. */
  burst(total: number, lanes: number): Promise<void>
  counts(): Counts
}

/** Longest time without reading answers, milliseconds. */
const turnMs = 5

export function createSender({ client, nextOrder, maxInFlight, signal, onAccepted }: SenderOptions): Sender {
  const run = crypto.randomUUID()
  const counts = { sent: 0, accepted: 0, notSent: 0, inFlight: 0 }
  const refusedByStatus: Record<string, number> = {}
  const errors: Record<string, number> = {}

  const post = async (dueAt: number): Promise<void> => {
    const order = nextOrder()
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
        refusedByStatus[answer.status] = (refusedByStatus[answer.status] ?? 0) + 1
        break
      case 'failed':
        errors[answer.code] = (errors[answer.code] ?? 0) + 1
    }
  }

  return {
    atTimes: async (moments) => {
      const startedAt = performance.now()
      let turnStartedAt = startedAt
      for (const moment of moments) {
        const dueAt = startedAt + moment
        for (let now = performance.now(); ; now = performance.now()) {
          if (signal?.aborted) return
          if (dueAt > now) await sleep(dueAt - now, signal)
          // Late: answers must be read all the same.
          else if (now - turnStartedAt > turnMs) await turn()
          else break
          turnStartedAt = performance.now()
        }
        if (counts.inFlight >= maxInFlight) counts.notSent++
        else void post(dueAt)
      }
    },
    burst: async (total, lanes) => {
      let remaining = total
      const lane = async (): Promise<void> => {
        while (remaining > 0 && !signal?.aborted) {
          remaining--
          await post(performance.now())
        }
      }
      await Promise.all(Array.from({ length: Math.min(lanes, total) }, lane))
    },
    counts: () => ({ ...counts, refused: refusedByStatus, errors }),
  }
}
