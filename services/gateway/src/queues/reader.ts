// How are the queues read without asking Kafka for every caller? Once for all callers within some
// seconds, at any gateway, with a few requests however many stages there are; the readings of the
// last half minute give the pace.
import { groupsNamed, offsetsSince, readOffsets } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import type { OutboxLag } from '@orderpipeline/orders/intake'
import type { Queryable } from '@orderpipeline/postgres'
import { agesSeconds, expectations, rememberedPaces, stageQueueOf, StagesUnknownError } from './queue.ts'
import type { Expectation, Paces, Queue, QueueSample, StageQueue } from './queue.ts'
import { createSharedRead } from './shared-read.ts'
import type { SharedRead } from './shared-read.ts'

export interface QueueReaderOptions {
  readonly kafka: KafkaConnection
  readonly groupPrefix: string
  /** Where the gateways share the result of one of them. */
  readonly database: Queryable
  readonly outbox: () => Promise<OutboxLag>
  readonly cacheMs: number
  /** An age that must not be missed. */
  readonly maxAgeSeconds: number
  /** For one request to Kafka; a look is some of them, one after the other. */
  readonly timeoutMs: number
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

export interface QueueReader {
  /** As they were some seconds ago at most. @throws StagesUnknownError, DatabaseError */
  read(): Promise<readonly Expectation[]>
}

const windowMs = 30_000
const requestsOfALook = 5

export function createQueueReader(options: QueueReaderOptions): QueueReader {
  const { database, cacheMs, monotonicMs, maxAgeSeconds, groupPrefix, timeoutMs } = options
  const ages = agesSeconds(maxAgeSeconds)
  const stages = createSharedRead(
    {
      ...{ database, freshMs: cacheMs, readMs: requestsOfALook * timeoutMs, patienceMs: timeoutMs },
      // With other ages, or other groups, the result would be another. 2: with higher classes.
      name: `queues 2 ${groupPrefix} ${ages.join(' ')}`,
    },
    () => readStages(options, ages),
  )
  let samples: readonly QueueSample[] = []
  let paces: Paces = {}
  let reading: Promise<readonly Expectation[]> | undefined
  let lastFailure: { readonly at: number; readonly error: unknown } | undefined

  const readNow = async (): Promise<readonly Expectation[]> => {
    try {
      const sample = await take(options, stages)
      const passedMs = sample.at - (samples.at(-1)?.at ?? sample.at)
      samples = [...samples.filter(({ at }) => sample.at - at <= Math.max(windowMs, 2 * cacheMs)), sample]
      lastFailure = undefined
      const expected = expectations(samples, paces)
      paces = rememberedPaces(paces, expected, passedMs)
      return expected
    } catch (error) {
      lastFailure = { at: monotonicMs(), error }
      throw error
    } finally {
      reading = undefined
    }
  }
  return {
    read: async () => {
      if (reading) return reading
      const fresh = (at: number): boolean => monotonicMs() - at < cacheMs
      const last = samples.at(-1)
      if (lastFailure && fresh(lastFailure.at)) throw lastFailure.error
      if (!lastFailure && last && fresh(last.at)) return expectations(samples, paces)
      return (reading = readNow())
    },
  }
}

/** @throws StagesUnknownError, DatabaseError */
async function take(
  { outbox: lagOfOutbox, monotonicMs }: QueueReaderOptions,
  sharedLook: SharedRead<readonly StageQueue[]>,
): Promise<QueueSample> {
  const [outbox, lookResult] = await Promise.allSettled([lagOfOutbox(), sharedLook.read()])
  if (outbox.status === 'rejected') throw outbox.reason
  const at = monotonicMs()
  const intake: Queue = { name: 'intake', lag: outbox.value.rows, oldestAgeSeconds: outbox.value.seconds }
  if (lookResult.status === 'rejected') {
    const [intakeExpectation] = expectations([{ at, queues: [intake], positions: {} }])
    throw intakeExpectation ? new StagesUnknownError(intakeExpectation, lookResult.reason) : lookResult.reason
  }
  const { value: readings, ageMs } = lookResult.value
  return {
    at: at - ageMs,
    queues: [intake, ...readings.map(({ queue }) => queue)],
    positions: Object.fromEntries(readings.map(({ queue, positions }) => [queue.name, positions])),
    higher: Object.fromEntries(readings.flatMap(({ queue, higher }) => (higher ? [[queue.name, higher]] : []))),
  }
}

/** By name. @throws KafkaUnavailableError */
async function readStages(
  { kafka, groupPrefix, now }: QueueReaderOptions,
  ages: readonly number[],
): Promise<readonly StageQueue[]> {
  const groups = await groupsNamed(kafka, groupPrefix)
  const offsets = await readOffsets(kafka, groups)
  const lagging = [...offsets.values()].flat().filter(({ high, committed = 0 }) => high > committed)
  const times = ages.map((age) => new Date(now().getTime() - age * 1_000))
  const since = await offsetsSince(kafka, lagging, times)
  return [...offsets]
    .map(([group, partitions]) => stageQueueOf(group.slice(groupPrefix.length), partitions, since, ages))
    .sort((a, b) => a.queue.name.localeCompare(b.queue.name))
}
