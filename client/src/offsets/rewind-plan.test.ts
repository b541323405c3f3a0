import { expect, test } from 'vitest'
import { groupRewind } from './rewind-plan.ts'

const group = 'default.shop.payment'
const topic = 'shop.inventory.updated'
const metadata = 'database 7'
function committed(partition: number, offset: number) {
  return { topic, partition, offset, metadata }
}

test('a group goes back to the first message since the moment and keeps the name of its database', () => {
  const facts = [
    { topic, partition: 0, low: 0, since: 40 },
    { topic, partition: 1, low: 10, since: 25 },
  ]
  const ahead = { ...committed(0, 100), metadata: `high+3 done+2 ${metadata}` }
  expect(groupRewind(group, 0, [ahead, committed(1, 30)], facts)).toEqual({
    ...{ group, members: 0, messages: 65, shortTopics: [] },
    partitions: [
      { ...committed(0, 100), target: 40 },
      { ...committed(1, 30), target: 25 },
    ],
  })
})

test('a group never goes forward, and stays where nothing is so young', () => {
  const facts = [
    { topic, partition: 0, low: 0, since: 150 },
    { topic, partition: 1, low: 0, since: undefined },
  ]
  expect(groupRewind(group, 2, [committed(0, 100), committed(1, 30)], facts)).toMatchObject({
    ...{ members: 2, partitions: [], messages: 0 },
  })
})

test('names a topic whose oldest message may be younger than the moment', () => {
  const facts = [{ topic, partition: 0, low: 12, since: 12 }]
  expect(groupRewind(group, 0, [committed(0, 20)], facts).shortTopics).toEqual([topic])
  expect(groupRewind(group, 0, [committed(0, 12)], facts).shortTopics).toEqual([])
  expect(groupRewind(group, 0, [committed(0, 20)], [{ ...facts[0]!, low: 0, since: 0 }]).shortTopics).toEqual([])
})
