// How does one order get its own answer while sharing its commit with all orders that are waiting?
import { createBatcher, BatcherClosedError, BatcherFullError } from '@orderpipeline/batcher'
import { shareBeforeShedding } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import type { Queryable } from '@orderpipeline/postgres'
import { IntakeFullError } from './errors.ts'
import { oneAtATime } from './in-flight.ts'
import type { IntakeMetrics } from './metrics.ts'
import { expectedPriority, hashOf, newOrder } from './new-order.ts'
import type { NewOrder, OrderRequest } from './new-order.ts'
import { patienceMs, placeOrders } from './place-orders.ts'
import { placedBefore } from './repeats.ts'
import type { KeyedOrder, Placement } from './repeats.ts'
import { notifyRelay } from '../sql/outbox.ts'

export interface IntakeOptions {
  /** Under the orders' role and schema. */
  readonly database: Queryable
  readonly metrics: IntakeMetrics
  readonly now: () => Date
  /** A new uuid v7. */
  readonly newId: () => string
  /** Topics whose messages are keyed by order instead of by customer; none when absent. */
  readonly keyedByOrder?: (topic: string) => boolean
  /** Orders in one commit at most; 500 keeps one commit within some tens of milliseconds. */
  readonly maxBatch: number
  /** Commits under way at once; no more than the pool has connections. */
  readonly maxInFlight: number
  /** Orders waiting for a commit; one more is refused. */
  readonly maxWaiting: number
}

export interface Intake {
  /**
   * Resolves once the order is durable.
   * @throws IntakeFullError, IntakeUnavailableError, IdempotencyConflictError,
   * IdempotencyInFlightError, ItemsNotSoldError, TotalChangedError, OrderRefusedError
   */
  place(request: OrderRequest): Promise<Placement>
  /**
   * The order that was placed before under the request's idempotency key, if any: also for a caller
   * who is to place no more now.
   * @throws IdempotencyConflictError, IntakeFullError, DatabaseError
   */
  placedBefore(request: OrderRequest): Promise<Placement | undefined>
  /** Takes no more; resolves when everything taken is answered. */
  close(): Promise<void>
}

export function createIntake(options: IntakeOptions): Intake {
  const { database, metrics } = options
  const wakeRelay = relayWaker(database)
  const batcher = createBatcher<NewOrder, Placement>({
    maxBatch: options.maxBatch,
    maxInFlight: options.maxInFlight,
    maxWaiting: options.maxWaiting,
    perform: async (batch) => {
      const end = metrics.commitSeconds.startTimer()
      const answers = await placeOrders(database, batch)
      end()
      const createdCount = answers.filter((answer) => !(answer instanceof Error) && !answer.repeated).length
      if (createdCount > 0) {
        metrics.created.inc(createdCount)
        wakeRelay()
      }
      return answers
    },
    onBatch: (size) => metrics.batchSize.observe(size),
  })
  const lookups = createBatcher<KeyedOrder, Placement | undefined>({
    maxBatch: options.maxBatch,
    maxInFlight: 1,
    maxWaiting: options.maxWaiting,
    perform: async (batch) => {
      const repeats = await placedBefore(database, batch)
      return batch.map((entry) => repeats.get(entry))
    },
  })
  const place = oneAtATime(
    async (order) => {
      checkShareOf(expectedPriority(order.request), batcher.waiting, options.maxWaiting)
      return batcher.add(order)
    },
    patienceMs,
    options.maxWaiting,
  )
  metrics.watchWaiting(() => batcher.waiting)

  return {
    place: async (request) => {
      try {
        const order = newOrder(request, options.newId(), options.now(), options.keyedByOrder)
        return await place(order).catch(orFull)
      } catch (error) {
        if (error instanceof IntakeFullError && !(error.cause instanceof BatcherClosedError))
          metrics.refused.inc({ class: expectedPriority(request) ?? 'standard' })
        throw error
      }
    },
    placedBefore: async (request) => {
      if (request.idempotencyKey === undefined) return undefined
      return lookups.add({ request, requestHash: hashOf(request) }).catch(orFull)
    },
    close: async () => {
      await Promise.all([batcher.close(), lookups.close()])
    },
  }
}

/** @throws IntakeFullError where the class has used up its share of the places */
function checkShareOf(priority: Priority | undefined, waiting: number, maxWaiting: number): void {
  if (priority && waiting >= shareBeforeShedding[priority] * maxWaiting)
    throw new IntakeFullError(`the intake accepts no more orders of the class ${priority} now`)
}

/**
 * After the commit and never two at once: the relay looks for everything, and polls should a
 * wake-up be lost.
 */
function relayWaker(database: Queryable): () => void {
  let waking = false
  return () => {
    if (waking) return
    waking = true
    database
      .query(notifyRelay)
      .catch(() => undefined)
      .finally(() => {
        waking = false
      })
  }
}

function orFull(error: unknown): never {
  if (error instanceof BatcherFullError || error instanceof BatcherClosedError)
    throw new IntakeFullError(`the intake accepts no more orders: ${error.message}`, { cause: error })
  throw error
}
