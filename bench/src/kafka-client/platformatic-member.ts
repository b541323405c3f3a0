// How does a member consume with @platformatic/kafka? By its stream, with the sizes and time-outs
// of packages/kafka where the client allows them, and with explicit commits. A stream that the
// client has destroyed is replaced with its consumer, as packages/kafka replaces a crashed one.
import { setTimeout as sleep } from 'node:timers/promises'
import { withDeadline } from '@orderpipeline/retry'
import { Consumer } from '@platformatic/kafka'
import type { ConsumerOptions, Message } from '@platformatic/kafka'
import { commitEveryMs, createPositions } from './member.ts'
import type { Member, MemberOptions, WayName } from './member.ts'

const closeDeadlineMs = 10_000

type RawConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>
type RawMessage = Message<Buffer, Buffer, Buffer, Buffer>

const timeouts = { timeout: 30_000, connectTimeout: 5_000, retries: 40, retryDelay: 500 } as const
const fetches = { minBytes: 1, maxWaitTime: 5_000, maxBytes: 4 << 20, maxBytesPerPartition: 256 << 10 } as const
/** The client refuses a rebalance time-out below that of the session, as packages/kafka has it. */
const membership = { sessionTimeout: 30_000, rebalanceTimeout: 30_000, heartbeatInterval: 3_000 } as const

function groupOptions(way: Exclude<WayName, 'kafkajs'>) {
  switch (way) {
    case 'classic':
      return membership
    case 'cooperative':
      return { ...membership, protocols: [{ name: 'cooperative-sticky', version: 3 }] }
    case 'consumer':
      // The session is the broker's, but its default here is compared with this all the same.
      return { groupProtocol: 'consumer', rebalanceTimeout: 60_000 } as const
  }
}

export function startPlatformaticMember(way: Exclude<WayName, 'kafkajs'>, options: MemberOptions): Member {
  const closing = new AbortController()
  let consumer: RawConsumer | undefined
  const running = (async () => {
    while (!closing.signal.aborted) {
      consumer = createConsumer(way, options)
      try {
        await consume(consumer, options, closing.signal)
      } catch (error) {
        if (closing.signal.aborted) break
        options.onRestart(error instanceof Error ? error : new Error(String(error)))
        await sleep(500)
      } finally {
        await consumer.close(true).catch(() => undefined)
      }
    }
  })()
  return {
    get partitions() {
      return consumer?.assignments?.find(({ topic }) => topic === options.topic)?.partitions ?? []
    },
    close: async () => {
      closing.abort()
      await withDeadline(closeDeadlineMs, 'leaving the group', running).catch(options.onRestart)
    },
  }
}

function createConsumer(way: Exclude<WayName, 'kafkajs'>, { bootstrapServers, groupId }: MemberOptions): RawConsumer {
  const base = { clientId: 'bench', bootstrapBrokers: bootstrapServers.split(','), ...timeouts }
  const all: ConsumerOptions<Buffer, Buffer, Buffer, Buffer> = { ...base, groupId, ...groupOptions(way) }
  return new Consumer(all)
}

/** Until `closing`. @throws the error that destroyed the stream */
async function consume(consumer: RawConsumer, { topic, handle }: MemberOptions, closing: AbortSignal): Promise<void> {
  const positions = createPositions()
  const epochs = new Map<number, number>()
  const end = Promise.withResolvers<undefined>()
  consumer.on('error', (error: Error) => end.reject(error))
  const commit = async (): Promise<void> => {
    const owned = consumer.assignments?.find((one) => one.topic === topic)?.partitions ?? []
    const offsets = [...positions.take()]
      .filter(([partition]) => owned.includes(partition))
      .map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: epochs.get(partition) ?? -1 }))
    if (offsets.length > 0) await consumer.commit({ offsets }).catch(() => undefined)
  }
  // The event comes before the partitions are given up, but the client does not wait for listeners.
  consumer.on('consumer:group:rebalance', () => void commit())
  const stream = await consumer.consume({
    topics: [topic],
    autocommit: false,
    mode: 'committed',
    fallbackMode: 'earliest',
    ...fetches,
  })
  stream.on('error', (error: Error) => end.reject(error))
  stream.on('close', () => end.reject(new Error('the stream was closed')))
  stream.on('data', ({ partition, offset, leaderEpoch }: RawMessage) => {
    handle(partition, offset)
    positions.record(partition, offset)
    epochs.set(partition, leaderEpoch)
  })
  const timer = setInterval(() => void commit(), commitEveryMs)
  const close = (): void => end.resolve(undefined)
  closing.addEventListener('abort', close)
  try {
    if (!closing.aborted) await end.promise
    await commit()
  } finally {
    clearInterval(timer)
    closing.removeEventListener('abort', close)
  }
}
