// How are the queues read without asking Kafka for every caller? Once for all who ask within some
// seconds, with a handful of requests however many stages there are; what was read in the last half
// minute tells the pace.
import { groupsNamed, offsetsSince, readOffsets, type KafkaConnection } from '@orderpipeline/kafka-admin'
import type { OutboxLag } from '@orderpipeline/orders/intake'
import {
  agesSeconds,
  expectations,
  queueOf,
  rememberedPaces,
  StagesUnknown,
  type Expectation,
  type Paces,
  type Queue,
  type Sample,
} from './queue.ts'

export interface QueueReaderOptions {
  readonly kafka: KafkaConnection
  readonly groupPrefix: string
  readonly outbox: () => Promise<OutboxLag>
  readonly cacheMs: number
  /** An age that must not be missed. */
  readonly maxAgeSeconds: number
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

export interface QueueReader {
  /** As they were some seconds ago at most. @throws StagesUnknown, DatabaseError */
  read(): Promise<readonly Expectation[]>
}

const windowMs = 30_000

export function createQueueReader(options: QueueReaderOptions): QueueReader {
  const { cacheMs, monotonicMs } = options
  let samples: readonly Sample[] = []
  let paces: Paces = {}
  let reading: Promise<readonly Expectation[]> | undefined
  let failed: { readonly at: number; readonly error: unknown } | undefined

  const readNow = async (): Promise<readonly Expectation[]> => {
    try {
      const sample = await take(options)
      const passedMs = sample.at - (samples.at(-1)?.at ?? sample.at)
      samples = [...samples.filter(({ at }) => sample.at - at <= Math.max(windowMs, 2 * cacheMs)), sample]
      failed = undefined
      const expected = expectations(samples, paces)
      paces = rememberedPaces(paces, expected, passedMs)
      return expected
    } catch (error) {
      failed = { at: monotonicMs(), error }
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
      if (failed && fresh(failed.at)) throw failed.error
      if (!failed && last && fresh(last.at)) return expectations(samples, paces)
      return (reading = readNow())
    },
  }
}

/** @throws StagesUnknown, DatabaseError */
async function take(options: QueueReaderOptions): Promise<Sample> {
  const at = options.monotonicMs()
  const [outbox, stages] = await Promise.allSettled([options.outbox(), readStages(options)])
  if (outbox.status === 'rejected') throw outbox.reason
  const intake: Queue = { name: 'intake', lag: outbox.value.rows, oldestAgeSeconds: outbox.value.seconds }
  if (stages.status === 'rejected') {
    const [expected] = expectations([{ at, queues: [intake], positions: {} }])
    throw expected ? new StagesUnknown(expected, stages.reason) : stages.reason
  }
  return {
    at,
    queues: [intake, ...stages.value.map(({ queue }) => queue)],
    positions: Object.fromEntries(stages.value.map(({ queue, positions }) => [queue.name, positions])),
  }
}

/** By name. @throws KafkaUnavailable */
async function readStages({ kafka, groupPrefix, maxAgeSeconds, now }: QueueReaderOptions) {
  const ages = agesSeconds(maxAgeSeconds)
  const groups = await groupsNamed(kafka, groupPrefix)
  const offsets = await readOffsets(kafka, groups)
  const lagging = [...offsets.values()].flat().filter(({ high, committed = 0 }) => high > committed)
  const times = ages.map((age) => new Date(now().getTime() - age * 1_000))
  const since = await offsetsSince(kafka, lagging, times)
  return [...offsets]
    .map(([group, partitions]) => queueOf(group.slice(groupPrefix.length), partitions, since, ages))
    .sort((a, b) => a.queue.name.localeCompare(b.queue.name))
}
