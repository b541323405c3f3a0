// Does each charged order get one invoice, and each refunded one a credit note, with numbers
// without a gap, whatever is killed?
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { stageBench, until } from '@orderpipeline/stage/testing'
import type { OrderEvent } from '@orderpipeline/order-events'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { asRead, invoicesDatabase, openStore, order, program, rates } from './invoices-environment.ts'
import type { TestOrder } from './invoices-environment.ts'
import { endAll, failedStart, start } from './test-environment.ts'
import type { RunningStage, Stage } from './test-environment.ts'

const stage: Stage = {
  name: 'invoices',
  consumes: ['payment.processed', 'orders.validated', 'orders.cancelled'],
  emits: 'invoices.issued',
  command: [process.execPath, program],
  env: { INVOICES_TAX_RATES: rates, INVOICES_COUNTRY: 'DE' },
}

vi.setConfig({ testTimeout: 300_000 }) // the group waits for a killed member, until its session is over

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await invoicesDatabase()
  const topics = [...stage.consumes, stage.emits, 'invoices.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterEach(endAll)
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function run(env: Record<string, string> = {}) {
  return start(bench, stage, { DATABASE_URL: database.url, ...env })
}
function ask<Row extends object>(text: string, values: readonly unknown[] = []) {
  return database.ask<Row>('invoices', text, values)
}

function drained(...replicas: RunningStage[]) {
  return until(async () => {
    for (const replica of replicas) replica.assertRunning()
    const lags = await Promise.all(stage.consumes.map((topic) => bench.lag(stage.name, topic)))
    return lags.every((lag) => lag === 0)
  }, 120)
}

interface DocumentRow {
  readonly series: string
  readonly kind: string
  readonly number: number
  readonly orderId: string
  readonly net: number
  readonly tax: number
  readonly invoice: string | null
}
function documentsOf(customers: string) {
  return ask<DocumentRow>(
    `SELECT series, kind, number::int AS number, order_id AS "orderId", net_cents::int AS net, tax_cents::int AS tax, invoice
     FROM documents WHERE customer_id LIKE $1 ORDER BY series, year, number`,
    [`${customers}%`],
  )
}
/** The numbers of a series that no document has, up to its counter. */
async function missingNumbers() {
  const rows = await ask<{ series: string; number: string }>(
    `SELECT c.series, n::text AS number FROM counters AS c, generate_series(1, c.last_number) AS n
     WHERE NOT EXISTS (SELECT FROM documents AS d WHERE (d.series, d.year, d.number) = (c.series, c.year, n))`,
  )
  return rows.map(({ series, number }) => `${series} ${number}`)
}

interface Published {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly correlationid?: string
  readonly data: Readonly<Record<string, unknown>> & { readonly orderId: string; readonly customerId: string }
}
async function published(customers: string) {
  const records = await bench.records(stage.emits)
  return records
    .map(({ value }) => JSON.parse(String(value)) as Published)
    .filter(({ data }) => data.customerId.startsWith(customers))
}

test('issues an invoice and then its credit note, whichever event comes first', async () => {
  const [paid, refunded, early] = [order('first', [1_190, 100]), order('first', [1_000]), order('early', [500])]
  const yen = order('yen', [110, 5], 'JPY')
  const dinar = order('dinar', [1_999], 'KWD')
  const replica = await run()
  await bench.publish([early.captured, early.refunded])
  await drained(replica)
  expect(await documentsOf('early')).toEqual([])
  const events = [early.validated, paid.captured, paid.validated, refunded.validated, refunded.captured]
  await bench.publish([...events, refunded.refunded, yen.validated, yen.captured, dinar.captured, dinar.validated])
  await until(async () => (await ask(`SELECT FROM documents`)).length === 7)
  await drained(replica)
  const rows = await documentsOf('')
  const of = ({ orderId }: TestOrder) => rows.filter((row) => row.orderId === orderId)
  const [credit, invoice] = of(refunded)
  expect(invoice).toMatchObject({ series: 'INV', net: 840, tax: 160, invoice: null })
  expect(credit).toMatchObject({ series: 'CN', net: 840, tax: 160 })
  expect(credit?.invoice).toBe(`INV-${new Date().getUTCFullYear()}-${String(invoice?.number).padStart(6, '0')}`)
  expect(of(paid)).toMatchObject([{ series: 'INV', net: 1_084, tax: 206 }]) // 190 of 1190, and 15.97 of 100
  expect(of(early)).toHaveLength(2)
  expect(of(yen)).toMatchObject([{ net: 105, tax: 10 }]) // 10 of 110, and 0.45 of 5
  expect(of(dinar)).toMatchObject([{ net: 1_999, tax: 0 }])
  const messages = (await published('first')).filter(({ data }) => data.orderId === refunded.orderId)
  expect(messages).toMatchObject([
    { type: 'com.example.invoices.issued.v1', correlationid: 'follow-me', data: { grossCents: 1_000, taxCents: 160 } },
    { type: 'com.example.invoices.credited.v1', data: { invoice: messages[0]?.subject, number: messages[1]?.subject } },
  ])
  expect(messages[0]?.data['lines']).toEqual([
    {
      sku: 'SKU-0001',
      quantity: 1,
      unitPriceCents: 1_000,
      netCents: 840,
      taxCents: 160,
      grossCents: 1_000,
      taxPercent: '19',
    },
  ])
  expect((await replica.get('/metrics'))?.text).toContain('invoices_issued_total 7')
  expect(await replica.end()).toBe(0)
})

test('a crash before the publication, and events that come again, issue and publish nothing twice', async () => {
  const crashed = order('again', [700])
  const store = openStore(database, 1)
  // Its transaction commits, then it ends before it publishes or commits an offset.
  const events = [crashed.validated, crashed.captured].map(asRead)
  const before = await store.take(events, new Date())
  await store.close()
  const replica = await run()
  const all = [crashed.validated, crashed.captured, crashed.refunded]
  await bench.publish([...all, ...all, ...all])
  await until(async () => (await documentsOf('again')).length === 2)
  await drained(replica)
  const messages = await published('again')
  expect(messages.map(({ id }) => id)).toHaveLength(2)
  expect(messages[0]).toEqual(JSON.parse(before.unpublished[0]?.event ?? ''))
  await replica.end()
})

test('each refund of a part gets a credit note, and the refund of the rest another', async () => {
  const partly = order('partly', [1_190, 100])
  const store = openStore(database, 1)
  const [request, refund] = partly.part(100, ['SKU-0002'])
  const [amountRequest, amountRefund] = partly.part(500)
  const take = async (...events: OrderEvent[]) => (await store.take(events.map(asRead), new Date())).issued
  expect(await take(partly.validated, partly.captured)).toBe(1)
  expect(await take(refund)).toBe(0)
  expect(await take(request, request, refund)).toBe(1)
  expect(await take(amountRequest)).toBe(0)
  expect(await take(amountRefund, amountRefund)).toBe(1)
  expect(await take(partly.rest(690), amountRefund)).toBe(1)
  expect(await take(partly.rest(690), request, refund)).toBe(0)
  await store.close()
  const [invoice, ...credits] = (await documentsOf('partly')).toSorted((one, other) => (one.kind < other.kind ? 1 : -1))
  expect(invoice).toMatchObject({ net: 1_084, tax: 206 })
  expect(credits.map(({ net, tax }) => net + tax).toSorted((one, other) => one - other)).toEqual([100, 500, 690])
  expect(credits.reduce((sum, { tax }) => sum + tax, 0)).toBe(206)
  await ask(`UPDATE documents SET published_at = now() WHERE customer_id = 'partly'`)
})

test('transactions at the same moment wait for each other, for an order as for a number', async () => {
  const orders = Array.from({ length: 60 }, () => order('parallel', [300]))
  const stores = [openStore(database, 4), openStore(database, 4)]
  // The price and the payment of an order arrive at two replicas at once.
  const takes = orders.flatMap(({ validated, captured }, n) =>
    [validated, captured].map((event, m) => stores[(n + m) % 2]!.take([asRead(event)], new Date())),
  )
  const results = await Promise.all(takes)
  expect(results.reduce((sum, { issued }) => sum + issued, 0)).toBe(60)
  for (const store of stores) {
    await store.published(results.flatMap(({ unpublished }) => unpublished))
    await store.close()
  }
  const numbers = (await documentsOf('parallel')).map(({ number }) => number)
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => numbers[0]! + n))
})

test('one series for both kinds begins again with the year of the time zone', async () => {
  const store = openStore(database, 1, 'Europe/Berlin', { invoice: 'B', 'credit-note': 'B' })
  const [old, next] = [order('year', [100]), order('year', [200])]
  const parts = [
    [old.validated, old.captured],
    [old.refunded, next.validated, next.captured],
  ]
  const times = ['2030-12-31T22:59:59Z', '2030-12-31T23:00:00Z']
  for (const [n, events] of parts.entries())
    await store.published((await store.take(events.map(asRead), new Date(times[n]!))).unpublished)
  await store.close()
  const rows = await ask(
    `SELECT year, number::int AS number, kind, to_char(issued_on, 'YYYY-MM-DD') AS day, invoice FROM documents
     WHERE series = 'B' ORDER BY year, number`,
  )
  expect(rows).toEqual([
    { year: 2030, number: 1, kind: 'invoice', day: '2030-12-31', invoice: null },
    { year: 2031, number: 1, kind: 'credit-note', day: '2031-01-01', invoice: 'B-2030-000001' },
    { year: 2031, number: 2, kind: 'invoice', day: '2031-01-01', invoice: null },
  ])
})

test('a transaction that is rolled back gives no number away', async () => {
  await ask(`ALTER TABLE document_lines ADD CONSTRAINT refused CHECK (unit_price_cents <> 666) NOT VALID`)
  const orders = [order('rolled', [100]), order('rolled', [666]), order('rolled', [200])]
  const replica = await run()
  await bench.publish(orders.map(({ validated }) => validated))
  await drained(replica)
  await bench.publish(orders.map(({ captured }) => captured))
  await until(async () => (await bench.records('invoices.dead-letters')).length === 1)
  await drained(replica)
  await ask(`ALTER TABLE document_lines DROP CONSTRAINT refused`)
  const rows = await documentsOf('rolled')
  expect(rows.map(({ orderId }) => orderId)).toEqual([orders[0]?.orderId, orders[2]?.orderId])
  expect(rows[1]!.number - rows[0]!.number).toBe(1)
  expect(await missingNumbers()).toEqual([])
  // Its dead letter, replayed, gets the next number.
  await bench.publish([orders[1]!.captured])
  await until(async () => (await documentsOf('rolled')).length === 3)
  expect((await documentsOf('rolled')).at(-1)).toMatchObject({
    orderId: orders[1]?.orderId,
    number: rows[1]!.number + 1,
  })
  await replica.end()
})

test('three replicas, one killed, leave no gap and issue each document once', async () => {
  const orders = Array.from({ length: 600 }, (_, n) => order(`load-${n % 97}`, [100 + n, 7]))
  const refunds = orders.filter((_, n) => n % 5 === 0)
  const deadLettersBefore = (await bench.records('invoices.dead-letters')).length
  const [first, second, third] = await Promise.all([run(), run(), run()])
  let thrownOut = 0
  const publishing = (async () => {
    for (let n = 0; n < orders.length; n += 20) {
      const some = orders.slice(n, n + 20)
      const parts = [some.map(({ validated }) => validated), some.map(({ captured }) => captured)]
      for (const part of n % 40 === 0 ? parts : parts.reverse()) await bench.publish(part)
      await bench.publish(some.filter((each) => refunds.includes(each)).map(({ refunded }) => refunded))
      if (n % 200 === 100) thrownOut += await database.throwOut()
    }
  })()
  await until(async () => {
    for (const replica of [first, second, third]) replica.assertRunning()
    return (await documentsOf('load-')).length > 0
  })
  await second.end('SIGKILL')
  const fourth = await run()
  await publishing
  await until(async () => (await documentsOf('load-')).length >= 720, 120)
  await drained(first, third, fourth)
  const rows = await documentsOf('load-')
  expect(new Set(rows.map(({ kind, orderId }) => `${kind} ${orderId}`)).size).toBe(720)
  expect(rows).toHaveLength(720)
  expect(await missingNumbers()).toEqual([])
  expect(thrownOut).toBeGreaterThan(0)
  const messages = await published('load-')
  const numbers = [...new Set(messages.map(({ subject }) => subject))]
  expect(numbers).toHaveLength(720)
  expect(new Set(messages.map(({ id }) => id)).size).toBe(720)
  for (const { orderId } of refunds) {
    const [one, two] = [...new Set(messages.filter(({ data }) => data.orderId === orderId).map(({ type }) => type))]
    expect([one, two]).toEqual(['com.example.invoices.issued.v1', 'com.example.invoices.credited.v1'])
  }
  expect(await ask(`SELECT FROM documents WHERE published_at IS NULL`)).toEqual([])
  expect(await bench.records('invoices.dead-letters')).toHaveLength(deadLettersBefore)
  for (const replica of [first, third, fourth]) expect(await replica.end()).toBe(0)
})

test('makes unreadable messages dead letters and goes on', async () => {
  const before = (await bench.records('invoices.dead-letters')).length
  const replica = await run()
  await bench.publishRaw([{ topic: 'payment.processed', key: 'x', value: 'no JSON', headers: { mine: 'kept' } }])
  await until(async () => (await bench.records('invoices.dead-letters')).length > before)
  const deadLetter = (await bench.records('invoices.dead-letters')).at(-1)
  expect(deadLetter?.headers).toMatchObject({ mine: 'kept', 'dead-letter-reason': 'NotJson' })
  await drained(replica)
  expect(await replica.end()).toBe(0)
})

test('names every variable of a wrong environment and shows no value', async () => {
  const wrong = { METRICS_PORT: 'none', DATABASE_URL: 'secret', INVOICES_TAX_RATES: 'DE', INVOICES_TIME_ZONE: 'Mars' }
  const { code, output } = await failedStart(stage, wrong)
  expect(code).toBe(1)
  const unset = ['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_EMIT_TOPICS', 'INVOICES_COUNTRY']
  for (const name of [...Object.keys(wrong), ...unset]) expect(output).toMatch(new RegExp(`^${name}: `, 'm'))
  expect(output).toContain('allowed: DE=19')
  expect(output).not.toContain('secret')
})
