// How does the stand-in for Strimzi's Topic Operator keep going? One loop learns of KafkaTopics by
// list and watch, another works off what is to be looked at in batches, a third has everything
// looked at in rounds. They outlive any failure of the API server or of Kafka, and end when told
// to.
import { setTimeout as sleep } from 'node:timers/promises'
import { KafkaUnavailable, type TopicAdmin } from '@orderpipeline/kafka-admin'
import { KnownTopics } from './known-topics.ts'
import type { KafkaTopics } from './kube.ts'
import { reconcile, reportUnavailable, type World } from './reconcile.ts'

export interface OperateOptions {
  readonly kube: KafkaTopics
  readonly kafka: TopicAdmin
  readonly log: (message: string) => void
  readonly now: () => Date
  readonly signal: AbortSignal
  /** Called after each list of all resources. */
  readonly onListed?: () => void
  /** How often everything is looked at without cause. Default: as often as by the real one. */
  readonly roundMs?: number
}

const usualRoundMs = 120_000

/** Resources that come together are worked off together, up to as many. */
const lingerMs = 40
const batchSize = 100
/** Kafka may be away for so long before a status says so: a restart is no news. */
const unavailableMs = 60_000

/** Resolves when `signal` aborts and the batch in hand is done. */
export async function operate(options: OperateOptions): Promise<void> {
  const known = new KnownTopics()
  await Promise.all([learn(known, options), work(known, options), rounds(known, options)])
}

async function rounds(known: KnownTopics, { signal, roundMs = usualRoundMs }: OperateOptions): Promise<void> {
  for (await pause(roundMs, signal); !signal.aborted; await pause(roundMs, signal)) known.markAll()
}

async function learn(known: KnownTopics, { kube, log, signal, onListed }: OperateOptions): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await kube.list()
      known.replace(items)
      onListed?.()
      failures = 0
      for await (const event of kube.watch(resourceVersion, signal)) known.apply(event)
    } catch (error) {
      if (signal.aborted) return
      log(`KafkaTopics cannot be watched: ${messageOf(error)}`)
      await pause(backoffMs(failures++), signal)
    }
  }
}

async function work(known: KnownTopics, options: OperateOptions): Promise<void> {
  const { kube, kafka, log, now, signal } = options
  const world: World = {
    kube,
    kafka,
    log,
    now,
    all: () => known.all(),
    remember: (resource) => known.remember(resource),
  }
  let failures = 0
  let unavailableSince: number | undefined
  while (!signal.aborted) {
    await known.dirty(signal)
    await pause(lingerMs, signal)
    const batch = known.takeDirty(batchSize)
    try {
      const again = await reconcile(batch, world)
      known.markDirty(again)
      failures = again.length > 0 ? failures + 1 : 0
      unavailableSince = undefined
    } catch (error) {
      known.markDirty(batch)
      failures++
      log(messageOf(error))
      if (error instanceof KafkaUnavailable) {
        unavailableSince ??= now().getTime()
        if (now().getTime() - unavailableSince > unavailableMs) await reportUnavailable(batch, error, world)
      }
    }
    if (failures > 0) await pause(backoffMs(failures), signal)
  }
}

function backoffMs(failures: number): number {
  return Math.min(100 * 2 ** failures, 5_000) * (0.5 + Math.random() / 2)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
