// How does a command write one message to a topic? By a producer of its own, as a program outside
// the pipeline would.
import { createProducer, kafkaAddress } from '@orderpipeline/kafka'
import type { KafkaConfig, OutgoingRecord } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { clientId, withAdvice } from './connect.ts'

/** @throws CommandError with what to do about it */
export async function writeMessage(config: KafkaConfig, record: OutgoingRecord): Promise<void> {
  const producer = createProducer(kafkaAddress(config, clientId), silentLogger())
  try {
    await withAdvice(() => producer.send([record]))
  } finally {
    await producer.close()
  }
}
