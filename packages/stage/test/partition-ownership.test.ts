// Does the table of partition owners count real deaths, and nothing else? Statements of
// several processes on a real database.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import type { PartitionOwnershipStore, Partition } from '@orderpipeline/kafka'
import { createPartitionOwnershipStore } from '../src/partition-ownership-store.ts'
import { testDatabase } from '../src/testing/index.ts'
import type { TestDatabase } from '../src/testing/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
beforeEach(() => database.ask('shipping', 'TRUNCATE partition_owners'))
afterAll(() => database.drop())

const one: Partition = { topic: 't', partition: 0 }
const other: Partition = { topic: 't', partition: 1 }
function processes(): [
  PartitionOwnershipStore,
  PartitionOwnershipStore,
  PartitionOwnershipStore,
  PartitionOwnershipStore,
] {
  const next = () => createPartitionOwnershipStore(database.as('shipping'))
  return [next(), next(), next(), next()]
}
function agePartitions() {
  return database.ask('shipping', `UPDATE partition_owners SET lost_at = lost_at - interval '61 minutes'`)
}
async function recordOf(ownershipStore: PartitionOwnershipStore, partition = one) {
  const [row] = (await ownershipStore.read([partition])).partitions
  return row && { deaths: row.deaths, until: row.until, trial: row.trial && `${row.trial.from}-${row.trial.to}` }
}
async function tries(ownershipStore: PartitionOwnershipStore) {
  return (await ownershipStore.read([one])).partitions[0]?.trial?.tries
}

test('releasing partitions, in time or late, counts as no death', async () => {
  const [first, second, third] = processes()
  await first.take([one, other])
  await first.release(undefined)
  expect((await second.take([one, other])).map(({ deaths }) => deaths)).toEqual([0, 0])
  await third.take([one])
  expect(await recordOf(third)).toMatchObject({ deaths: 1 })
  // The second was late, not dead.
  await second.release(undefined)
  expect(await recordOf(third)).toMatchObject({ deaths: 0 })
  expect(await recordOf(second, other)).toBeUndefined()
  expect(await recordOf(third)).toBeDefined()
})

test('a process that claims its own partitions again counts as no death', async () => {
  const [first, second] = processes()
  await first.take([one])
  await first.take([one])
  await second.take([one])
  await first.release(undefined)
  const [row] = await first.take([one])
  expect(row?.deaths).toBe(1)
  await second.release(undefined)
  expect(await recordOf(first)).toMatchObject({ deaths: 0 })
})

test('a further death keeps only messages in flight at each death as suspects', async () => {
  const [first, second, third, fourth] = processes()
  await first.take([one, other])
  await second.take([one, other])
  await second.reach(one, '40', '900')
  await second.reach(one, '60', '950')
  await third.take([one, other])
  expect(await recordOf(third, one)).toEqual({ deaths: 2, until: '60', trial: undefined })
  expect(await recordOf(third, other)).toEqual({ deaths: 1, until: undefined, trial: undefined })
  expect((await third.read([one])).suspects).toBe(1)
  await third.reach(one, '30', '999')
  await fourth.take([one, other])
  expect(await recordOf(fourth, one)).toEqual({ deaths: 3, until: '30', trial: undefined })
  await fourth.clear(one)
  expect(await recordOf(fourth, one)).toEqual({ deaths: 0, until: undefined, trial: undefined })
})

test('deaths more than an hour apart do not add up', async () => {
  const [first, second, third, fourth] = processes()
  await first.take([one])
  await second.take([one])
  await second.reach(one, '40', '900')
  await agePartitions()
  await third.take([one])
  expect(await recordOf(third)).toEqual({ deaths: 1, until: undefined, trial: undefined })
  await third.release(undefined)
  await agePartitions()
  await fourth.take([one])
  expect(await recordOf(fourth)).toMatchObject({ deaths: 0 })
})

test('a trial counts when its process died, not when it was released or forgotten', async () => {
  const [first, second, third, fourth] = processes()
  await first.take([one])
  await second.take([one])
  await second.reach(one, '64', '64')
  await third.take([one])
  await third.try({ ...one, from: '0', to: '4', tries: 0 })
  expect(await recordOf(third)).toEqual({ deaths: 2, until: '64', trial: undefined })
  await third.try({ ...one, from: '4', to: '8', tries: 0 })
  await fourth.take([one])
  expect(await recordOf(fourth)).toEqual({ deaths: 3, until: '64', trial: '4-8' })
  // It was late: neither its death nor its trial counts.
  await third.release(one)
  expect(await recordOf(fourth)).toEqual({ deaths: 2, until: '64', trial: undefined })
  await fourth.try({ ...one, from: '0', to: '4', tries: 0 })
  await fourth.forget({ ...one, from: '0', to: '4', tries: 0 })
  await third.take([one])
  expect(await recordOf(third)).toMatchObject({ trial: undefined })
})

test('keeps a suspect whose partition another process released before it ended', async () => {
  const [first, second, third, fourth] = processes()
  await first.take([one])
  await second.take([one])
  await second.try({ ...one, from: '7', to: '8', tries: 1 })
  await third.take([one])
  expect([await recordOf(third), await tries(third)]).toEqual([{ deaths: 2, until: undefined, trial: '7-8' }, 1])
  await third.try({ ...one, from: '7', to: '8', tries: 2 })
  await third.release(one)
  await fourth.take([one])
  expect([await recordOf(fourth), await tries(fourth)]).toEqual([{ deaths: 2, until: undefined, trial: '7-8' }, 1])
})

test('ignores what a process reports of a partition that it no longer owns', async () => {
  const [first, second, third] = processes()
  await first.take([one])
  await second.take([one])
  await first.reach(one, '99', '99')
  await first.try({ ...one, from: '1', to: '2', tries: 1 })
  await first.clear(one)
  expect(await recordOf(second)).toEqual({ deaths: 1, until: undefined, trial: undefined })
  await third.take([one])
  expect(await recordOf(third)).toMatchObject({ deaths: 1 })
})
