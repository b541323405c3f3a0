// How does a member consume with kafkajs? By the membership of packages/kafka: with its repairs,
// its fetches that wait at the broker, its time-outs, and its commit before a rebalance.
import { startMembership } from '@orderpipeline/kafka/membership'
import { silentLogger } from '@orderpipeline/process'
import { commitEveryMs, createPositions } from './member.ts'
import type { Member, MemberOptions } from './member.ts'

export function startKafkajsMember({ bootstrapServers, groupId, topic, handle, onRestart }: MemberOptions): Member {
  const positions = createPositions()
  let partitions: readonly number[] = []
  const commit = async (): Promise<void> => {
    const offsets = [...positions.take()]
      .filter(([partition]) => partitions.includes(partition))
      .map(([partition, offset]) => ({ topic, partition, offset: String(offset) }))
    // As in a stage, what is not committed comes again to the next owner.
    await membership.commit(offsets).catch(() => undefined)
  }
  const membership = startMembership({
    address: { brokers: bootstrapServers.split(','), clientId: 'bench' },
    groupId,
    topics: [topic],
    logger: silentLogger(),
    onBatch: (payload) => {
      const { batch } = payload
      for (const { offset } of batch.messages) {
        handle(batch.partition, BigInt(offset))
        positions.record(batch.partition, BigInt(offset))
        payload.resolveOffset(offset)
      }
      return Promise.resolve()
    },
    onAssigned: (assigned) => {
      partitions = assigned[topic] ?? []
    },
    onRevoking: commit,
    onCrash: onRestart,
    onPassedOver: () => undefined,
    onFetchStart: () => undefined,
    onFetch: () => undefined,
  })
  const timer = setInterval(() => void commit(), commitEveryMs)
  return {
    get partitions() {
      return membership.joined ? partitions : []
    },
    close: async () => {
      clearInterval(timer)
      membership.stopFetching()
      await commit()
      await membership.close()
    },
  }
}
