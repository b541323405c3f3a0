// Do dead letters that the console replays or discards go where those of the command line go? On a
// real Kafka: the messages to the topic they came from, and a mark with the person's name.
import { randomBytes } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { openDeadLetterTopic } from '@orderpipeline/client/kafka'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createProducer, createTopics, kafkaVariables, readTopic } from '@orderpipeline/kafka'
import type { KafkaConfig } from '@orderpipeline/kafka'
import { readConfig } from '@orderpipeline/config'
import { silentLogger } from '@orderpipeline/process'
import { z } from 'zod'
import type { ReplayPreview, ReplayRunState } from '../src/model/actions.ts'
import { performer } from '../src/server/actions.ts'
import type { Actions, Recorded } from '../src/server/actions-port.ts'
import { shopPipeline } from '../src/testing/recorded-shop.ts'

const name = `shop-${randomBytes(4).toString('hex')}`
const shop = { ...shopPipeline(), metadata: { ...shopPipeline().metadata, name } }
const source = `${name}.inventory.updated`
const deadLetterTopic = `${name}.payment.dead-letters`
const events: Recorded[] = []
function address() {
  return { brokers: kafkaBootstrap().split(','), clientId: 'letters-test' }
}
function config(): KafkaConfig {
  return readConfig(z.object(kafkaVariables), { KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() })
}

/** Actions other than those on dead letters are of no concern here. */
const actions: Actions = {
  person: () => Promise.resolve('maya (ada@desk)'),
  refusal: () => Promise.resolve(undefined),
  suspend: () => Promise.reject(new Error('not asked for')),
  cancel: () => Promise.reject(new Error('not asked for')),
  decideHold: () => Promise.reject(new Error('not asked for')),
  letterBox: () => Promise.resolve(openDeadLetterTopic(config(), name)),
  record: (_pipeline, event) => Promise.resolve(void events.push(event)),
}

function deadLetterRecord(reason: string, offset: number, at: number) {
  return {
    topic: deadLetterTopic,
    key: 'customer-1',
    value: JSON.stringify({ offset }),
    headers: {
      'dead-letter-reason': reason,
      'dead-letter-error': reason,
      'dead-letter-verdict': 'retry',
      'dead-letter-message': 'the provider answered 503',
      'dead-letter-topic': source,
      'dead-letter-partition': '0',
      'dead-letter-offset': String(offset),
      'dead-letter-timestamp': String(at),
      'dead-letter-attempts': '5',
      'dead-letter-at': new Date(at).toISOString(),
    },
  }
}

beforeAll(async () => {
  const topics = [source, deadLetterTopic].map((topic) => ({ topic, partitions: 2 }))
  await createTopics(address(), topics, silentLogger())
  const producer = createProducer(address(), silentLogger())
  const before = Date.now() - 60_000
  await producer.send([
    ...[4, 3, 2, 1, 0].map((offset) => deadLetterRecord('ProviderFault', offset, before)),
    ...[10, 11].map((offset) => deadLetterRecord('Undecodable', offset, before)),
  ])
  await producer.close()
})

it('a replay sends the dead letters of one cause in order, and none that arrived after the count', async () => {
  const changedPipelines: string[] = []
  const performing = performer(actions, (pipeline) => changedPipelines.push(pipeline))
  const cause = { stage: 'payment', reason: 'ProviderFault' }
  const plan = (await performing.perform('plan', shop, cause)) as ReplayPreview
  expect(plan).toMatchObject({ replayed: 5, discarded: 5, left: [] })
  const producer = createProducer(address(), silentLogger())
  await producer.send([deadLetterRecord('ProviderFault', 5, Date.now())])
  await producer.close()
  const run = (await performing.perform('replay', shop, {
    ...{ ...cause, newest: plan.newest, perSecond: 1_000 },
  })) as ReplayRunState
  expect(run).toMatchObject({ total: 5, state: 'running', by: 'maya (ada@desk)' })
  await expect.poll(() => performing.runs(shop)[0]?.state, { timeout: 30_000 }).toBe('done')
  await expect.poll(() => events, { timeout: 30_000 }).toHaveLength(1)
  const replayed = await readTopic(address(), source, silentLogger())
  expect(replayed.map(({ value }) => (JSON.parse(String(value)) as { offset: number }).offset)).toEqual([0, 1, 2, 3, 4])
  const box = openDeadLetterTopic(config(), name)
  const deadLetters = await box.read(['payment'])
  await box.close()
  const ofCause = deadLetters.filter(({ reason }) => reason === 'ProviderFault')
  expect(ofCause.filter(({ state }) => state === 'replayed')).toHaveLength(5)
  expect(ofCause.filter(({ state }) => state === 'open').map(({ source: from }) => from?.offset)).toEqual(['5'])
  expect(ofCause[0]?.history).toMatchObject([{ action: 'replayed', by: 'maya (ada@desk)' }])
  expect(events[0]?.note).toBe('maya (ada@desk) replayed 5 dead letters of payment (ProviderFault)')
  expect(changedPipelines).toEqual([`default/${name}`])
  await performing.close()
})

it('a discard marks the dead letters of one cause, and none of them is left', async () => {
  const performing = performer(actions, () => undefined)
  const cause = { stage: 'payment', reason: 'Undecodable' }
  const { newest } = (await performing.perform('plan', shop, cause)) as ReplayPreview
  expect(await performing.perform('discard', shop, { ...cause, newest })).toEqual({
    message: 'Discarded 2 dead letters of payment (Undecodable).',
  })
  expect(await performing.perform('plan', shop, cause)).toMatchObject({ replayed: 0, discarded: 0 })
})
