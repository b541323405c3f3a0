// Are idempotency keys kept for their time, unique over all of their generations, and dropped a
// table at a time?
import { randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import { forgetKeys } from '../src/intake/prune-keys.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

function ask(text: string, values?: readonly unknown[]) {
  return database.ask<Record<string, unknown>>('orders', text, values)
}
async function generations() {
  return (await ask('SELECT part FROM key_generations() ORDER BY since')).map(({ part }) => part)
}
async function place(key: string) {
  const intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 500,
    maxInFlight: 2,
    maxWaiting: 1_000,
  })
  const items = [{ sku: 'SKU-0001', quantity: 1 }]
  return intake
    .place({ customerId: 'customer', currency: 'EUR', items, idempotencyKey: key })
    .finally(() => intake.close())
}
/** As if all generations but the first had begun so many hours earlier. */
async function later(hours: number) {
  await ask(
    `DO $$
     DECLARE each record; began timestamptz; own text;
     BEGIN
       FOR each IN SELECT * FROM key_generations() WHERE since > '-infinity' ORDER BY since LOOP
         began := each.since - interval '${hours} hours';
         own := 'idempotency_keys' || to_char(began AT TIME ZONE 'UTC', '_YYYYMMDD_HH24MISS');
         EXECUTE format('ALTER TABLE idempotency_keys DETACH PARTITION %I', each.part);
         EXECUTE format('UPDATE %I SET since = %L', each.part, began);
         EXECUTE format('ALTER TABLE %I RENAME TO %I', each.part, own);
         EXECUTE format('ALTER TABLE idempotency_keys ATTACH PARTITION %I FOR VALUES IN (%L)', own, began);
         EXECUTE format('ALTER TABLE ONLY idempotency_keys ALTER since SET DEFAULT %L', began);
       END LOOP;
     END $$`,
  )
}
function forget() {
  return forgetKeys(database.as('orders'), 24)
}

beforeEach(async () => {
  await ask(
    `DO $$
     DECLARE each text;
     BEGIN
       FOR each IN SELECT part FROM key_generations() WHERE since > '-infinity' LOOP
         EXECUTE format('DROP TABLE %I', each);
       END LOOP;
       DELETE FROM idempotency_keys;
       ALTER TABLE ONLY idempotency_keys ALTER since SET DEFAULT '-infinity';
     END $$`,
  )
})

test('begins a generation after half the retention, unless the last one is empty', async () => {
  await forget()
  expect(await generations()).toHaveLength(1)
  await place('first')
  await forget()
  expect(await generations()).toHaveLength(2)
  await place('second')
  await later(11)
  await forget()
  expect(await generations()).toHaveLength(2)
  await later(2)
  await forget()
  expect(await generations()).toHaveLength(3)
})

test('finds the order of a repeat in either generation, and refuses another order', async () => {
  const { orderId } = await place('kept')
  await forget()
  expect(await place('kept')).toEqual({ orderId, repeated: true })
  expect(await ask(`SELECT order_id FROM idempotency_keys WHERE idempotency_key = 'kept'`)).toEqual([
    { order_id: orderId },
  ])
})

test('accepts a key only once when its generation ends during the request', async () => {
  await place('before')
  const count = (await generations()).length
  let forgetting: Promise<unknown> | undefined
  let repeat: ReturnType<typeof place> | undefined
  const orderId = randomUUIDv7()
  await database.as('orders').transaction(async (tx) => {
    await tx.query(
      {
        name: '',
        text: `INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash) VALUES ('customer', 'now', $1, 'h')`,
      },
      [orderId],
    )
    forgetting = forget()
    await new Promise((resolve) => setTimeout(resolve, 150))
    // Whether it comes before or after the new generation, it must meet the key.
    repeat = place('now')
    repeat.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 150))
  })
  await forgetting
  await expect(repeat).rejects.toMatchObject({ reason: expect.stringMatching('Idempotency') as string })
  expect((await generations()).length).toBe(count + 1)
  expect(await ask(`SELECT order_id FROM idempotency_keys WHERE idempotency_key = 'now'`)).toEqual([
    { order_id: orderId },
  ])
})

test('drops a generation once the next one has lasted for the retention', async () => {
  const old = await place('old')
  await forget()
  await place('young')
  await later(23)
  expect(await forget()).toBe(0)
  expect(await place('old')).toEqual({ ...old, repeated: true })
  await later(2)
  expect(await forget()).toBe(1)
  const { repeated, orderId } = await place('old')
  expect(repeated).toBe(false)
  expect(orderId).not.toBe(old.orderId)
  expect((await place('young')).repeated).toBe(true)
})
