// How do committed orders reach Kafka, in order per customer, without loss, from whichever gateway
// is alive? One session holds the relay's lock; it publishes what the outbox holds, lowest id
// first, and deletes it once Kafka has it. A crash in between publishes again under the same event
// ids, which the inboxes of the stages drop.
import { isLockHeld } from '@orderpipeline/postgres'
import type { Queryable, Session } from '@orderpipeline/postgres'
import { backoffMs, jitteredMs, withDeadlineAfter } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import type { RelayMetrics } from './metrics.ts'
import { relayBound } from './relay-bound.ts'
import { startHousekeeping } from './relay-housekeeping.ts'
import type { Housekeeping } from './relay-housekeeping.ts'
import { deletePublished, intakeChannel, relayLock, selectLag, selectUnpublished } from '../sql/outbox.ts'
import type { OutboxLag, OutboxRow } from '../sql/outbox.ts'
import { productsChannel } from '../queries/products.ts'
import { createWake } from './wake.ts'
import type { Wake } from './wake.ts'

export interface OutboxMessage {
  /** Not yet prefixed with the pipeline's name. */
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export interface OutboxReadSpacing {
  /** A look begins. */
  fetching(): void
  /** The number of rows in this look; `behind`: there are more. */
  recordResult(messages: number, behind: boolean): void
  /** From this look to the next. */
  readonly ms: number
}

export interface RelayOptions {
  /**
   * To see whether another gateway relays, without a session of one's own, and for the work in
   * parallel with relaying.
   */
  readonly database: Queryable
  readonly openSession: (onNotification: (channel: string, payload: string) => void) => Promise<Session>
  /** Rejects where this gateway is not to relay; called before it takes the lock. */
  readonly mayRelay?: () => Promise<void>
  /** Called with each product that changes, as long as this gateway relays. */
  readonly onProductChanged?: (sku: string) => void
  /** Resolves when all replicas in sync have all of them (acks=all), kept in order per key. */
  readonly publish: (messages: readonly OutboxMessage[]) => Promise<void>
  readonly metrics: RelayMetrics
  readonly logger: Logger
  readonly batchSize: number
  /** How often a gateway that does not relay looks whether it should, milliseconds. */
  readonly takeOverMs: number
  /**
   * From one look to the next while there is something: orders committed in between share a look
   * and a publication. Default 20 ms.
   */
  readonly spacing?: OutboxReadSpacing
  /** How often the relay looks unasked; only a lost wake-up makes it matter. */
  readonly pollMs: number
  /** Idempotency keys are kept for so long, and for half of it more at most; default 24. */
  readonly keepKeysHours?: number
  /**
   * Publishing that has failed for so long, milliseconds, gives the lock up to another gateway;
   * default 15 s.
   */
  readonly giveUpAfterMs?: number
}

/**
 * Kafka may be unreachable from this gateway alone: from its node, its zone, or by what it was
 * started with.
 */
class PublicationFailedError extends Error {
  override readonly name = 'PublicationFailedError'
}

export interface Relay {
  readonly leading: boolean
  /**
   * Finishes the batch in flight if Kafka takes it within 5 s, then gives up the lock so that
   * another gateway can take it at once; that one publishes again what was not finished.
   */
  close(): Promise<void>
}

const lagEveryMs = 2_000
const boundEveryMs = 5_000
/**
 * After a look at the lag that failed: one that ran into its time-out is not to take turns with
 * publishing.
 */
const lagAgainMs = 30_000
const steady: OutboxReadSpacing = { fetching: () => undefined, recordResult: () => undefined, ms: 20 }
const backoff = { firstMs: 100, maxMs: 5_000 }
const giveUpAfterMs = 15_000
const closeGraceMs = 5_000
/** Long enough for every other gateway to look whether it should relay. */
const turnsSatOut = 2

export function startRelay(options: RelayOptions): Relay {
  const { metrics, logger } = options
  const closing = new AbortController()
  const wake = createWake()
  let leading = false

  const run = async (): Promise<void> => {
    let failures = 0
    while (!closing.signal.aborted) {
      try {
        if (!(await isLockHeld(options.database, relayLock))) await lead()
        failures = 0
        await wake.sleep(jitteredMs(options.takeOverMs))
      } catch (error) {
        if (error instanceof PublicationFailedError) await sitOut(error, options, wake)
        else await pauseAfter(error, ++failures, options, wake)
      }
    }
  }

  /**
   * Returns when another holds the lock or the relay closes; throws when the database or Kafka
   * fails.
   */
  const lead = async (): Promise<void> => {
    await options.mayRelay?.()
    const session = await openRelaySession(options, wake)
    let housekeeping: Housekeeping | undefined
    try {
      if (!(await session.tryLock(relayLock))) return
      for (const channel of channelsOf(options)) await session.listen(channel)
      leading = true
      metrics.leader.set(1)
      logger.info('this gateway relays the intake outbox')
      housekeeping = startHousekeeping(options)
      await drainOutbox(session, options, wake, closing.signal)
    } finally {
      leading = false
      for (const gauge of [metrics.leader, metrics.lagRows, metrics.lagSeconds]) gauge.set(0)
      await session.close().catch(() => undefined)
      await housekeeping?.stop()
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

async function pauseAfter(
  error: unknown,
  failures: number,
  { metrics, logger }: RelayOptions,
  wake: Wake,
): Promise<void> {
  metrics.failures.inc()
  const againMs = backoffMs(failures, backoff)
  logger.warn({ error, backoffMs: againMs }, 'the relay was interrupted; trying again')
  await wake.sleep(againMs)
}

async function sitOut(error: PublicationFailedError, { takeOverMs, logger }: RelayOptions, wake: Wake): Promise<void> {
  const sitOutMs = turnsSatOut * takeOverMs
  logger.warn({ error, sitOutMs }, 'this gateway cannot publish; another one takes over the relay')
  await wake.sleep(jitteredMs(sitOutMs), undefined, { early: false })
}

function openRelaySession(options: RelayOptions, wake: Wake): Promise<Session> {
  return options.openSession((channel, payload) => {
    if (channel === productsChannel) options.onProductChanged?.(payload)
    else wake.now()
  })
}

function channelsOf({ onProductChanged }: RelayOptions): readonly string[] {
  return onProductChanged ? [intakeChannel, productsChannel] : [intakeChannel]
}

/**
 * A failure of Kafka is retried here, under the same lock, for a while. @throws
 * PublicationFailedError
 */
async function drainOutbox(session: Session, options: RelayOptions, wake: Wake, closing: AbortSignal): Promise<void> {
  const { metrics, logger, spacing = steady } = options
  const upkeep = relayUpkeep(session, options)
  let failures = 0
  let failingSince: number | undefined
  while (!closing.aborted) {
    session.connectionEnded.throwIfAborted()
    await upkeep()
    const lookedAt = performance.now()
    spacing.fetching()
    const rows = await session.query<OutboxRow>(selectUnpublished, [options.batchSize])
    if (rows.length === 0) {
      await wake.sleep(jitteredMs(options.pollMs), session.connectionEnded)
      continue
    }
    session.connectionEnded.throwIfAborted()
    const began = performance.now()
    try {
      await withDeadlineAfter(closing, closeGraceMs, 'publishing', options.publish(rows))
      failures = 0
      failingSince = undefined
    } catch (error) {
      metrics.failures.inc()
      failingSince ??= began
      if (performance.now() - failingSince >= (options.giveUpAfterMs ?? giveUpAfterMs))
        throw new PublicationFailedError('publishing has failed for too long', { cause: error })
      const againMs = backoffMs(++failures, backoff)
      logger.warn({ error, backoffMs: againMs, rows: rows.length }, 'publishing failed; trying again')
      await wake.sleep(againMs, session.connectionEnded, { early: false })
      continue
    }
    await session.query(deletePublished, [rows.map((row) => row.id)])
    metrics.published.inc(rows.length)
    metrics.batches.inc()
    spacing.recordResult(rows.length, rows.length >= options.batchSize)
    const spare = lookedAt + spacing.ms - performance.now()
    if (spare > 0) await wake.sleep(spare, session.connectionEnded, { early: false })
  }
}

/**
 * Measures the backlog and raises the outbox's lower bound when they are due. A failure is only
 * logged: relaying does not depend on either.
 */
function relayUpkeep(session: Session, { metrics, logger }: RelayOptions): () => Promise<void> {
  const bound = relayBound(() => performance.now())
  let boundDueAt = 0
  let lagDueAt = 0
  const trail = async (): Promise<void> => {
    if (performance.now() < boundDueAt) return
    boundDueAt = performance.now() + boundEveryMs
    try {
      await bound.trail(session)
    } catch (error) {
      session.connectionEnded.throwIfAborted()
      logger.warn({ error }, "the outbox's lower bound was not raised; trying again later")
    }
  }
  const measure = async (): Promise<void> => {
    if (performance.now() < lagDueAt) return
    let againMs = lagEveryMs
    try {
      await measureLag(session, metrics)
    } catch (error) {
      session.connectionEnded.throwIfAborted()
      againMs = lagAgainMs
      logger.warn({ error }, 'the backlog of the outbox could not be counted; trying again later')
    }
    lagDueAt = performance.now() + againMs
  }
  return async () => {
    await measure()
    await trail()
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
