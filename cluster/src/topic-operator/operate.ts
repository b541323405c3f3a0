// How does the stand-in for Strimzi's Topic Operator keep running? One loop lists and watches
// KafkaTopics, another reconciles the marked ones in batches, a third marks all of them
// periodically. They outlive any failure of the API server or of Kafka, and end on the signal.
import { KafkaUnavailableError } from '@orderpipeline/kafka-admin'
import type { TopicAdmin } from '@orderpipeline/kafka-admin'
import { backoffMs, sleep } from '@orderpipeline/retry'
import { KnownTopics } from './known-topics.ts'
import type { KafkaTopics } from './kube.ts'
import { reconcile, reportUnavailable } from './reconcile.ts'
import type { TopicOperatorClients } from './reconcile.ts'

export interface OperateOptions {
  readonly kube: KafkaTopics
  readonly kafka: TopicAdmin
  readonly log: (message: string) => void
  readonly now: () => Date
  readonly signal: AbortSignal
  /** Called after each list of all resources. */
  readonly onListed?: () => void
  /**
   * How often all resources are reconciled without a change. Default: as often as by the real one.
   */
  readonly resyncMs?: number
}

const usualResyncMs = 120_000

/** Resources that arrive together are reconciled together, up to this number. */
const lingerMs = 40
const batchSize = 100
/**
 * Kafka may be unavailable for so long before a status reports it: a restart is nothing to report.
 */
const unavailableMs = 60_000

const backoff = { firstMs: 100, maxMs: 5_000 }

/** Resolves when `signal` aborts and the batch in flight is done. */
export async function operate(options: OperateOptions): Promise<void> {
  const topics = new KnownTopics()
  await Promise.all([learn(topics, options), work(topics, options), resync(topics, options)])
}

async function resync(topics: KnownTopics, { signal, resyncMs = usualResyncMs }: OperateOptions): Promise<void> {
  for (await sleep(resyncMs, signal); !signal.aborted; await sleep(resyncMs, signal)) topics.markAll()
}

async function learn(topics: KnownTopics, { kube, log, signal, onListed }: OperateOptions): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await kube.list()
      topics.replace(items)
      onListed?.()
      failures = 0
      for await (const event of kube.watch(resourceVersion, signal)) topics.apply(event)
    } catch (error) {
      if (signal.aborted) return
      log(`KafkaTopics cannot be watched: ${messageOf(error)}`)
      await sleep(backoffMs(++failures, backoff), signal)
    }
  }
}

async function work(topics: KnownTopics, options: OperateOptions): Promise<void> {
  const { kube, kafka, log, now, signal } = options
  const world: TopicOperatorClients = {
    kube,
    kafka,
    log,
    now,
    all: () => topics.all(),
    remember: (resource) => topics.remember(resource),
  }
  let failures = 0
  let unavailableSince: number | undefined
  while (!signal.aborted) {
    await topics.dirty(signal)
    await sleep(lingerMs, signal)
    const batch = topics.takeDirty(batchSize)
    try {
      const again = await reconcile(batch, world)
      topics.markDirty(again)
      failures = again.length > 0 ? failures + 1 : 0
      unavailableSince = undefined
    } catch (error) {
      topics.markDirty(batch)
      failures++
      log(messageOf(error))
      if (error instanceof KafkaUnavailableError) {
        unavailableSince ??= now().getTime()
        if (now().getTime() - unavailableSince > unavailableMs) await reportUnavailable(batch, error, world)
      }
    }
    if (failures > 0) await sleep(backoffMs(failures + 1, backoff), signal)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
