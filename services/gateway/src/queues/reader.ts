// How are the queues read without asking Kafka for every caller? Once for all who ask within some seconds, with a handful of
// requests however many stages there are; what was read in the last half minute tells the pace.
import { groupsNamed, offsetsSince, readOffsets, type KafkaConnection } from '@orderpipeline/kit-kafka-admin'
import type { OutboxLag } from '@orderpipeline/orders/intake'
import { agesSeconds, expectations, queueOf, type Expectation, type Sample } from './queue.ts'

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
  /** As they were some seconds ago at most. @throws KafkaUnavailable, DatabaseError */
  read(): Promise<readonly Expectation[]>
}

const windowMs = 30_000

export function createQueueReader(options: QueueReaderOptions): QueueReader {
  const { cacheMs, monotonicMs } = options
  let samples: readonly Sample[] = []
  let reading: Promise<readonly Expectation[]> | undefined
  let failed: { readonly at: number; readonly error: unknown } | undefined

  const readNow = async (): Promise<readonly Expectation[]> => {
    try {
      const sample = await take(options)
      samples = [...samples.filter(({ at }) => sample.at - at <= Math.max(windowMs, 2 * cacheMs)), sample]
      failed = undefined
      return expectations(samples)
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
      if (!failed && last && fresh(last.at)) return expectations(samples)
      return (reading = readNow())
    },
  }
}

async function take(options: QueueReaderOptions): Promise<Sample> {
  const { kafka, groupPrefix, now, monotonicMs } = options
  const ages = agesSeconds(options.maxAgeSeconds)
  const at = monotonicMs()
  const [outbox, groups] = await Promise.all([options.outbox(), groupsNamed(kafka, groupPrefix)])
  const offsets = await readOffsets(kafka, groups)
  const lagging = [...offsets.values()].flat().filter(({ high, committed = 0 }) => high > committed)
  const times = ages.map((age) => new Date(now().getTime() - age * 1_000))
  const since = await offsetsSince(kafka, [...new Set(lagging.map(({ topic }) => topic))], times)
  const stages = [...offsets]
    .map(([group, partitions]) => queueOf(group.slice(groupPrefix.length), partitions, since, ages))
    .sort((a, b) => a.queue.name.localeCompare(b.queue.name))
  return {
    at,
    queues: [
      { name: 'intake', lag: outbox.rows, oldestAgeSeconds: outbox.seconds },
      ...stages.map(({ queue }) => queue),
    ],
    consumed: Object.fromEntries(stages.map(({ queue, consumed }) => [queue.name, consumed])),
  }
}
