// Does a stage's client enter a Kafka that asks for a certificate, by the variables of the stage
// contract?
import { randomBytes } from 'node:crypto'
import { securedKafka } from '@orderpipeline/cluster/testing'
import { readConfig } from '@orderpipeline/config'
import { silentLogger } from '@orderpipeline/process'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createProducer, createTopics, kafkaAddress, kafkaVariables, readTopic } from '../src/index.ts'

it('writes and reads by mutual TLS without a password', async () => {
  const { ca, mutual } = securedKafka()
  const variables = {
    KAFKA_BOOTSTRAP_SERVERS: mutual.bootstrapServers,
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_TLS_CA: ca,
    KAFKA_TLS_CERTIFICATE: mutual.client.certificate,
    KAFKA_TLS_KEY: mutual.client.key,
  }
  const topic = `mutual-${randomBytes(4).toString('hex')}`
  const address = kafkaAddress(readConfig(z.object(kafkaVariables), variables), topic)
  await createTopics(address, [{ topic, partitions: 1 }], silentLogger())
  const producer = createProducer(address, silentLogger())
  await producer.send([{ topic, key: 'k', value: 'by certificate', headers: {} }])
  await producer.close()
  const records = await readTopic(address, topic, silentLogger())
  expect(records.map(({ value }) => String(value))).toEqual(['by certificate'])
})
