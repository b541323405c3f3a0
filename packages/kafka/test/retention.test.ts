// Is the longest retention of some topics found, also where a topic keeps its messages for ever? On
// a real Kafka.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { silentLogger } from '@orderpipeline/process'
import { createTopics, longestRetentionHours } from '../src/index.ts'

test('uses the longest retention of all topics', async () => {
  const address = { brokers: [kafkaBootstrap()], clientId: 'test' }
  const prefix = `retention-${randomBytes(4).toString('hex')}.`
  const retentionMs = { 'one-hour': '3600000', 'ten-days': '864000000', 'for-ever': '-1' }
  const topics = Object.entries(retentionMs).map(([name, value]) => ({
    topic: prefix + name,
    partitions: 1,
    config: { 'retention.ms': value },
  }))
  await createTopics(address, topics, silentLogger())
  const hours = (...names: (keyof typeof retentionMs)[]) =>
    longestRetentionHours(
      address,
      names.map((name) => prefix + name),
      silentLogger(),
    )
  expect(await hours('one-hour')).toBe(1)
  expect(await hours('one-hour', 'ten-days')).toBe(240)
  expect(await hours('ten-days', 'for-ever', 'one-hour')).toBe(Infinity)
  await expect(longestRetentionHours(address, [`${prefix}none`], silentLogger())).rejects.toThrow()
})
