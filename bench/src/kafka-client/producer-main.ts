// The load, and the producers that are compared: one process, one client at a time.
import type { z } from 'zod'
import { createProducer } from '@orderpipeline/kafka'
import type { OutgoingRecord } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { Producer as PlatformaticProducer, ProduceAcks, compatibilityPartitioner } from '@platformatic/kafka'
import { answerCommands } from './child.ts'
import { producerCommand } from './commands.ts'
import type { clients, ProducerReport } from './commands.ts'

/** As an order's event: some 500 bytes with key and headers. */
const value = JSON.stringify({ orderId: '0197'.repeat(9), note: 'x'.repeat(350) })
const headers = { 'event-id': '0197'.repeat(9), 'event-type': 'orders.placed' }

type Send = (records: readonly OutgoingRecord[]) => Promise<void>
interface Sender {
  readonly send: Send
  close(): Promise<void>
}

function senderOf(client: (typeof clients)[number], bootstrapServers: string): Sender {
  const brokers = bootstrapServers.split(',')
  if (client === 'kafkajs') return createProducer({ brokers, clientId: 'bench' }, silentLogger())
  const producer = new PlatformaticProducer<string, string, string, string>({
    clientId: 'bench',
    bootstrapBrokers: brokers,
    timeout: 30_000,
    acks: ProduceAcks.ALL,
    // The default chooses other partitions for half of all keys than kafkajs and Java do.
    partitioner: compatibilityPartitioner,
    serializers: { key: textOf, value: textOf, headerKey: textOf, headerValue: textOf },
  })
  return {
    send: async (records) => {
      const messages = records.map(({ topic, partition, key, value, headers }) => ({
        topic,
        ...(partition === undefined ? {} : { partition }),
        key: key as string,
        value: value as string,
        headers: { ...headers },
      }))
      await producer.send({ messages })
    },
    close: () => producer.close(),
  }
}

function textOf(text: string | undefined): Buffer {
  return Buffer.from(text ?? '')
}

let stopLoad: (() => Promise<number>) | undefined

type Load = Extract<z.infer<typeof producerCommand>, { kind: 'load' }>
function startLoad({ bootstrapServers, topic, partitions, everyMs }: Load): void {
  const sender = senderOf('kafkajs', bootstrapServers)
  const round = Array.from({ length: partitions }, (_, partition) => ({
    ...{ topic, partition, value, headers },
    key: String(partition),
  }))
  let sentCount = 0
  let sending: Promise<void> | undefined
  const timer = setInterval(() => {
    // A round is left out while the one before is under way: the load stays bounded.
    sending ??= sender
      .send(round)
      .then(() => {
        sentCount += round.length
      })
      .finally(() => {
        sending = undefined
      })
  }, everyMs)
  stopLoad = async () => {
    clearInterval(timer)
    await sending
    await sender.close()
    return sentCount
  }
}

type Sending = Extract<z.infer<typeof producerCommand>, { kind: 'send' }>
async function sendAll({ bootstrapServers, topic, client, messages, batch }: Sending): Promise<ProducerReport> {
  const sender = senderOf(client, bootstrapServers)
  const batchFrom = (first: number): OutgoingRecord[] =>
    Array.from({ length: Math.min(batch, messages - first) }, (_, n) => ({
      ...{ topic, value, headers },
      key: `order-${first + n}`,
    }))
  await sender.send(batchFrom(0))
  const before = process.cpuUsage()
  for (let first = batch; first < messages; first += batch) await sender.send(batchFrom(first))
  const { user, system } = process.cpuUsage(before)
  await sender.close()
  return { sent: messages, cpuMs: (user + system) / 1_000 }
}

answerCommands(
  producerCommand,
  async (received): Promise<ProducerReport> => {
    if (received.kind === 'send') return sendAll(received)
    if (received.kind === 'load') startLoad(received)
    const sentCount = received.kind === 'stop' ? await stopLoad?.() : 0
    return { sent: sentCount ?? 0, cpuMs: 0 }
  },
  async () => {
    await stopLoad?.()
  },
)
