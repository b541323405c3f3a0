// What is the state of a consumer group? Read from Kafka itself, which knows at once what a status
// shows later.
import type { Admin } from 'kafkajs'

export interface GroupView {
  readonly members: number
  /** No member joins or leaves: each has its partitions. */
  readonly stable: boolean
  /** Consumer lag: messages written and not committed. */
  readonly lag: number
}

export class ConsumerGroup {
  readonly #admin: Admin
  readonly #groupId: string
  readonly #topics: readonly string[]

  /** `admin` is connected. */
  constructor(admin: Admin, groupId: string, topics: readonly string[]) {
    this.#admin = admin
    this.#groupId = groupId
    this.#topics = topics
  }

  async look(): Promise<GroupView> {
    const [{ groups }, lags] = await Promise.all([
      this.#admin.describeGroups([this.#groupId]),
      Promise.all(this.#topics.map((topic) => this.#lagOf(topic))),
    ])
    const [group] = groups
    return {
      members: group?.members.length ?? 0,
      stable: group?.state === 'Stable',
      lag: lags.reduce((sum, lag) => sum + lag, 0),
    }
  }

  close(): Promise<void> {
    return this.#admin.disconnect()
  }

  async #lagOf(topic: string): Promise<number> {
    const [ends, committed] = await Promise.all([
      this.#admin.fetchTopicOffsets(topic),
      this.#admin.fetchOffsets({ groupId: this.#groupId, topics: [topic] }),
    ])
    const positions = new Map(committed[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    return ends.reduce((sum, { partition, low, high }) => {
      // -1: nothing committed yet.
      const position = Math.max(Number(low), positions.get(partition) ?? -1)
      return sum + Math.max(0, Number(high) - position)
    }, 0)
  }
}
