// Does a dead letter that is edited in the console go out with the new message, and once? On a real
// Kafka, for a stage of the user's own and for a built-in one.
import { randomBytes } from 'node:crypto'
import { openDeadLetterTopic } from '@orderpipeline/client/kafka'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createProducer, createTopics, kafkaVariables, readTopic } from '@orderpipeline/kafka'
import type { KafkaConfig } from '@orderpipeline/kafka'
import { readConfig } from '@orderpipeline/config'
import { silentLogger } from '@orderpipeline/process'
import { beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { RightName } from '../src/model/actions.ts'
import { performer } from '../src/server/actions.ts'
import type { Actions, Recorded } from '../src/server/actions-port.ts'
import { shopPipeline } from '../src/testing/recorded-shop.ts'

const name = `shop-${randomBytes(4).toString('hex')}`
const shop = { ...shopPipeline(), metadata: { ...shopPipeline().metadata, name } }
const source = `${name}.orders.placed`
const events: Recorded[] = []
const refused: Partial<Record<RightName, string>> = {}
function address() {
  return { brokers: kafkaBootstrap().split(','), clientId: 'edited-letter-test' }
}
function config(): KafkaConfig {
  return readConfig(z.object(kafkaVariables), { KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() })
}

const actions: Actions = {
  person: () => Promise.resolve('maya'),
  refusal: (_pipeline, right) => Promise.resolve(refused[right]),
  suspend: () => Promise.reject(new Error('not asked for')),
  cancel: () => Promise.reject(new Error('not asked for')),
  decideHold: () => Promise.reject(new Error('not asked for')),
  letterBox: () => Promise.resolve(openDeadLetterTopic(config(), name)),
  record: (_pipeline, event) => Promise.resolve(void events.push(event)),
}
function replayEdited(deadLetterId: string, value: string) {
  return performer(actions, () => undefined).perform('replay-edited', shop, { letter: deadLetterId, value })
}

beforeAll(async () => {
  const stages = ['audit', 'payment']
  const topics = [source, ...stages.map((stage) => `${name}.${stage}.dead-letters`)]
  await createTopics(
    address(),
    topics.map((topic) => ({ topic, partitions: 1 })),
    silentLogger(),
  )
  const producer = createProducer(address(), silentLogger())
  const at = new Date().toISOString()
  const fields = { reason: 'Undecodable', error: 'E', verdict: 'never', message: 'not a number', topic: source }
  const place = { partition: '0', offset: '0', timestamp: String(Date.now()), attempts: '1', at }
  const headers = Object.entries({ ...fields, ...place }).map(([key, value]) => [`dead-letter-${key}`, value] as const)
  await producer.send(
    stages.map((stage) => ({
      ...{ topic: `${name}.${stage}.dead-letters`, key: 'customer-1', value: '{"total":"x"}' },
      headers: Object.fromEntries(headers),
    })),
  )
  await producer.close()
})

it('is refused without the right to read messages, and where a built-in stage could not read it', async () => {
  refused.payloads = 'Your user may not get orderpipelines/payloads.'
  await expect(replayEdited('audit/0/0', '{"total":1}')).rejects.toThrow('may not get orderpipelines/payloads')
  delete refused.payloads
  await expect(replayEdited('payment/0/0', '{"total":1}')).rejects.toThrow('payment cannot read the edited message')
  await expect(replayEdited('audit/0/99', '{"total":1}')).rejects.toThrow('There is no dead letter audit/0/99.')
  expect(await readTopic(address(), source, silentLogger())).toEqual([])
  expect(events).toEqual([])
})

it('goes to its topic with the new message and the name of the person, and a second time to nowhere', async () => {
  expect(await replayEdited('audit/0/0', '{"total":1}')).toEqual({
    message: 'Replayed audit/0/0 with an edited message.',
  })
  const [message, ...others] = await readTopic(address(), source, silentLogger())
  expect(String(message?.value)).toBe('{"total":1}')
  expect(others).toEqual([])
  const box = openDeadLetterTopic(config(), name)
  const [deadLetter] = await box.read(['audit'])
  await box.close()
  expect(deadLetter).toMatchObject({ state: 'replayed', history: [{ action: 'replayed', by: 'maya', edited: true }] })
  expect(events).toEqual([{ reason: 'DeadLetterEdited', note: 'maya replayed audit/0/0 with an edited message' }])
  await expect(replayEdited('audit/0/0', '{"total":2}')).rejects.toThrow('audit/0/0 stays: it was replayed')
})
