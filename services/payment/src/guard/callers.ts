// How many calls a second may this replica make, so that all replicas of the stage together keep to
// one rate? Each writes into a table how many it wants, every few seconds, and takes its part of
// the rate: a fifth of it is divided evenly, the rest in proportion to the wishes. So parts add up
// to the rate, a replica with the busy partitions gets more of it, and an idle one can begin at
// once.
//
// While the database is unavailable the last part counts. A part grows at most fourfold from one
// look to the next and begins small, so that replicas which start together, and do not see each
// other yet, stay near the rate.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '@orderpipeline/postgres'
import type { PeriodicTask } from '@orderpipeline/stage'
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { createRateLimit } from './rate-limit.ts'
import { noteCaller, otherCallers } from '../sql/callers.ts'

export interface StageRate {
  /** Resolves when this replica may make one more call. */
  readonly turn: (signal: AbortSignal) => Promise<void>
  readonly task: PeriodicTask
  /** Calls a second that this replica may make. */
  readonly share: number
}

export interface StageRateOptions {
  /** The rate of all replicas together. */
  readonly perSecond: number
  /** Milliseconds of a clock that only goes forward. */
  readonly clock?: () => number
  readonly registry?: Registry | undefined
}

export interface Others {
  readonly count: number
  /** Calls a second that they want, all together. */
  readonly wanted: number
}

const evenly = 0.2
/** The share of the rate until the others are known. */
const firstPart = 0.1

/**
 * The part of a rate that a replica takes which wants `demand` calls a second. The parts of all add
 * up to the rate.
 */
export function shareOf(perSecond: number, demand: number, others: Others): number {
  const replicas = others.count + 1
  const sum = demand + others.wanted
  const weight = sum > 0 ? evenly / replicas + (1 - evenly) * (demand / sum) : 1 / replicas
  return perSecond * weight
}

const everyMs = 5_000

export function createStageRate({ perSecond, registry, ...options }: StageRateOptions): StageRate {
  const clock = options.clock ?? (() => performance.now())
  const member = randomUUID()
  let share = perSecond * firstPart
  let callCount = 0
  let askedSinceMs = clock()
  // No burst: a hundred replicas would make it at once.
  const limit = createRateLimit(() => share, 1)
  const look = async (database: Queryable): Promise<void> => {
    const seconds = Math.max(0.001, (clock() - askedSinceMs) / 1_000)
    const demand = callCount / seconds
    callCount = 0
    askedSinceMs = clock()
    await database.query(noteCaller, [member, demand])
    const [others] = await database.query<Others>(otherCallers, [member])
    share = Math.min(shareOf(perSecond, demand, others ?? { count: 0, wanted: 0 }), 4 * share)
  }
  if (registry)
    new Gauge({
      name: 'payment_rate_share',
      help: 'Calls a second that this replica may send to the provider, its share of the rate of all replicas',
      registers: [registry],
      collect() {
        this.set(share)
      },
    })
  return {
    turn: async (signal) => {
      callCount++
      const waitMs = limit.take(clock())
      if (waitMs > 0) await sleep(waitMs, undefined, { signal })
    },
    task: { name: 'provider rate', everyMs, run: ({ database }) => look(database) },
    get share() {
      return share
    },
  }
}
