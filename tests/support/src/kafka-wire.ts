// Which messages does a service exchange with Kafka? Requests by their names; and of a Produce to
// several partitions, the part that has arrived when the process dies before the rest is sent.
// Brokers publish their own address, which is replaced by the tap's.
import { wireEvent } from './wire-event.ts'
import type { WireObserver } from './wire-event.ts'
import type { Address, Conversation } from './tap.ts'

const names = new Map([
  [0, 'Produce'],
  [3, 'Metadata'],
  [8, 'OffsetCommit'],
  [10, 'FindCoordinator'],
])

export function kafkaConversation(broker: Address, observer: WireObserver, ownPort: number): Conversation {
  const length = (bytes: Buffer) => (bytes.length < 4 ? undefined : 4 + bytes.readInt32BE(0))
  const requests = new Map<number, string>()

  return {
    requestLength: length,
    responseLength: length,
    onRequest: (message) => {
      const what = names.get(message.readInt16BE(4))
      if (what === undefined) return { bytes: message, cut: false }
      requests.set(message.readInt32BE(8), what)
      if (observer(wireEvent('asked', what))) return { bytes: undefined, cut: true }
      const part = what === 'Produce' ? firstPartition(message) : undefined
      if (part && observer(wireEvent('halfway', what))) return { bytes: part, cut: true }
      return { bytes: message, cut: false }
    },
    onResponse: (message) => {
      const correlation = message.readInt32BE(4)
      const what = requests.get(correlation)
      requests.delete(correlation)
      if (what === undefined) return { bytes: message, cut: false }
      const cut = observer(wireEvent('answered', what))
      const namesBrokers = what === 'Metadata' || what === 'FindCoordinator'
      return { bytes: cut ? undefined : namesBrokers ? readdressed(message, broker, ownPort) : message, cut }
    },
  }
}

/** Host and port are adjacent in every answer that names a broker. */
function readdressed(message: Buffer, { host, port }: Address, ownPort: number): Buffer {
  const brokerAddress = Buffer.alloc(2 + host.length + 4)
  brokerAddress.writeInt16BE(host.length, 0)
  brokerAddress.write(host, 2)
  brokerAddress.writeInt32BE(port, 2 + host.length)
  const copy = Buffer.from(message)
  for (let at = copy.indexOf(brokerAddress); at >= 0; at = copy.indexOf(brokerAddress, at + brokerAddress.length))
    copy.writeInt32BE(ownPort, at + 2 + host.length)
  return copy
}

/**
 * Produce, versions 3 to 7, as if it were for its first partition alone. Undefined where that is
 * all of it.
 */
export function firstPartition(message: Buffer): Buffer | undefined {
  let at = 12
  const skipText = (): void => {
    at += 2 + Math.max(0, message.readInt16BE(at))
  }
  skipText() // client id
  skipText() // transactional id
  at += 2 + 4 // acks, time-out
  const topicsAt = at
  const topics = message.readInt32BE(at)
  at += 4
  skipText() // the topic
  const partitionsAt = at
  const partitions = message.readInt32BE(at)
  at += 4 + 4 // the partition's number
  at += 4 + message.readInt32BE(at) // its records
  if (topics === 1 && partitions === 1) return undefined
  const part = Buffer.from(message.subarray(0, at))
  part.writeInt32BE(1, topicsAt)
  part.writeInt32BE(1, partitionsAt)
  part.writeInt32BE(at - 4, 0)
  return part
}
