// How do committed orders reach Kafka, in order per customer, without loss, from whichever gateway is alive? One
// session holds the relay's lock; it publishes what the outbox holds, lowest id first, and deletes it once Kafka has
// it. A crash in between publishes again under the same event ids, which the inboxes of the stages drop.
import { lockHeld, type Queryable, type Session } from '@orderpipeline/kit-postgres'
import type { Logger } from '@orderpipeline/kit-telemetry'
import type { RelayMetrics } from './metrics.ts'
import { keyPruning } from './prune-keys.ts'
import {
  deletePublished,
  intakeChannel,
  relayLock,
  selectLag,
  selectUnpublished,
  type OutboxLag,
  type OutboxRow,
} from './relay-sql.ts'
import { productsChannel } from '../queries/products.ts'
import { createWake, type Wake } from './wake.ts'

export interface OutboxMessage {
  /** Not yet prefixed with the pipeline's name. */
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export interface RelayOptions {
  /** To see whether another relays, without a session of one's own. */
  readonly database: Queryable
  readonly openSession: (onNotification: (channel: string, payload: string) => void) => Promise<Session>
  /** Told of each product that changes, as long as this gateway relays. */
  readonly onProductChanged?: (sku: string) => void
  /** Resolves when all replicas in sync have all of them (acks=all), kept in order per key. */
  readonly publish: (messages: readonly OutboxMessage[]) => Promise<void>
  readonly metrics: RelayMetrics
  readonly logger: Logger
  readonly batchSize: number
  /** How often a gateway that does not relay looks whether it should, milliseconds. */
  readonly takeOverMs: number
  /** How often the relay looks unasked; only a lost wake-up makes it matter. */
  readonly pollMs: number
  /** Idempotency keys that are older are forgotten; default 24. */
  readonly keepKeysHours?: number
}

export interface Relay {
  readonly leading: boolean
  /** Finishes the batch in hand, then gives up the lock so that another gateway can take it at once. */
  close(): Promise<void>
}

const lagEveryMs = 2_000
/** After a look at the lag that failed: one that ran into its time-out is not to take turns with publishing. */
const lagAgainMs = 30_000
/** From one look to the next while there is something: orders committed in between share a look and a publication. */
const lookEveryMs = 20
const firstBackoffMs = 100
const lastBackoffMs = 5_000

export function startRelay(options: RelayOptions): Relay {
  const { metrics, logger } = options
  const closing = new AbortController()
  const wake = createWake()
  let leading = false

  const run = async (): Promise<void> => {
    let backoffMs = firstBackoffMs
    while (!closing.signal.aborted) {
      try {
        if (!(await lockHeld(options.database, relayLock))) await lead()
        backoffMs = firstBackoffMs
        await wake.sleep(jittered(options.takeOverMs))
      } catch (error) {
        metrics.failures.inc()
        logger.warn({ error, backoffMs }, 'relaying was interrupted; trying again')
        await wake.sleep(jittered(backoffMs))
        backoffMs = Math.min(backoffMs * 2, lastBackoffMs)
      }
    }
  }

  /** Returns when another holds the lock or the relay closes; throws when the database or Kafka fails. */
  const lead = async (): Promise<void> => {
    const session = await options.openSession((channel, payload) => {
      if (channel === productsChannel) options.onProductChanged?.(payload)
      else wake.now()
    })
    try {
      if (!(await session.tryLock(relayLock))) return
      await session.listen(intakeChannel)
      if (options.onProductChanged) await session.listen(productsChannel)
      leading = true
      metrics.leader.set(1)
      logger.info('this gateway relays the intake outbox')
      await drainOutbox(session, options, wake, closing.signal)
    } finally {
      leading = false
      for (const gauge of [metrics.leader, metrics.lagRows, metrics.lagSeconds]) gauge.set(0)
      await session.close().catch(() => undefined)
    }
  }

  const running = run()
  return {
    get leading() {
      return leading
    },
    close: async () => {
      closing.abort()
      wake.close()
      await running
    },
  }
}

/**
 * Kafka failing is retried here, under the same lock: giving up the lock would only move the failure to another
 * gateway.
 */
async function drainOutbox(session: Session, options: RelayOptions, wake: Wake, closing: AbortSignal): Promise<void> {
  const { metrics, logger } = options
  const pruning = keyPruning(options.keepKeysHours ?? 24, () => performance.now())
  const prune = async (): Promise<void> => {
    try {
      metrics.prunedKeys.inc(await pruning.pruneIfDue(session))
    } catch (error) {
      session.lost.throwIfAborted()
      logger.warn({ error }, 'idempotency keys were not pruned; trying again later')
    }
  }
  let lagDueAt = 0
  /** Nobody must know how many wait for them to be published. */
  const measure = async (): Promise<void> => {
    if (performance.now() < lagDueAt) return
    let againMs = lagEveryMs
    try {
      await measureLag(session, metrics)
    } catch (error) {
      session.lost.throwIfAborted()
      againMs = lagAgainMs
      logger.warn({ error }, 'what waits in the outbox was not measured; trying again later')
    }
    lagDueAt = performance.now() + againMs
  }
  let backoffMs = firstBackoffMs
  while (!closing.aborted) {
    session.lost.throwIfAborted()
    await measure()
    await prune()
    const lookedAt = performance.now()
    const rows = await session.query<OutboxRow>(selectUnpublished, [options.batchSize])
    if (rows.length === 0) {
      await wake.sleep(jittered(options.pollMs), session.lost)
      continue
    }
    session.lost.throwIfAborted()
    try {
      await options.publish(rows)
      backoffMs = firstBackoffMs
    } catch (error) {
      metrics.failures.inc()
      logger.warn({ error, backoffMs, rows: rows.length }, 'publishing failed; trying again')
      await wake.sleep(jittered(backoffMs), session.lost, { early: false })
      backoffMs = Math.min(backoffMs * 2, lastBackoffMs)
      continue
    }
    await session.query(deletePublished, [rows.map((row) => row.id)])
    metrics.published.inc(rows.length)
    metrics.batches.inc()
    const spare = lookedAt + lookEveryMs - performance.now()
    if (spare > 0 && rows.length < options.batchSize) await wake.sleep(spare, session.lost, { early: false })
  }
}

/** @throws DatabaseError */
export async function outboxLag(database: Queryable): Promise<OutboxLag> {
  const [lag] = await database.query<OutboxLag>(selectLag)
  return lag ?? { rows: 0, seconds: 0 }
}

async function measureLag(session: Session, metrics: RelayMetrics): Promise<void> {
  const { rows, seconds } = await outboxLag(session)
  metrics.lagRows.set(rows)
  metrics.lagSeconds.set(seconds)
}

/** ±20 %, so that many gateways do not look at the same moment. */
const jittered = (milliseconds: number): number => milliseconds * (0.8 + 0.4 * Math.random())
