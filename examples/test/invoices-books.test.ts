// Does the ledger of the invoices add up, and does the reconciliation find what was changed by
// hand?
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { amountText } from '@orderpipeline/order-events'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { decimalText } from '../invoices/src/money.ts'
import { selectUnpublished } from '../invoices/src/statements.ts'
import { asRead, invoicesDatabase, openStore, order, program } from './invoices-environment.ts'

const noon = new Date('2026-11-30T12:00:00Z')
const day = '2026-11-30'

let database: TestDatabase
/** 640 documents: more than the commands read at once. */
beforeAll(async () => {
  database = await invoicesDatabase()
  const store = openStore(database, 1)
  const euros = Array.from({ length: 600 }, (_, n) => order(`euro-${n}`, [100 + n, 7], 'EUR', noon))
  const others = [order('yen', [110, 5], 'JPY', noon), order('dinar', [1_999], 'KWD', noon)]
  const events = [
    ...[...euros, ...others].flatMap(({ validated, captured }) => [validated, captured]),
    ...euros.slice(0, 38).map(({ refunded }) => refunded),
  ].map(asRead)
  for (let n = 0; n < events.length; n += 100) await store.take(events.slice(n, n + 100), noon)
  await store.close()
})
afterAll(() => database.drop())

function ask<Row extends object>(text: string, values: readonly unknown[] = []) {
  return database.ask<Row>('invoices', text, values)
}

/** One of the commands, as its container would run it. */
async function command(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { DATABASE_URL: database.url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

test('finds the documents of an order by an index, of which every batch needs some', async () => {
  await ask('ANALYZE documents')
  const [row] = await ask<{ orderId: string }>('SELECT order_id AS "orderId" FROM documents LIMIT 1')
  const plan = await ask<Record<string, string>>(`EXPLAIN ${selectUnpublished}`, [[row?.orderId]])
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).not.toContain('Seq Scan')
})

test('the ledger of the days adds up to zero in every currency, and is the same every time', async () => {
  const period = ['--from', day, '--to', day]
  const csv = await command(['export', ...period])
  expect(csv).toMatchObject({ code: 0, err: '' })
  const [header, ...lines] = csv.out.trimEnd().split('\n')
  expect(header).toBe('date,document,order,account,country,taxPercent,debit,credit,currency')
  const entries = lines.filter((line) => /^\d/.test(line))
  const sums = new Map<string, bigint>()
  for (const line of entries) {
    const [, , , , , , debit = '', credit = '', currency = ''] = line.split(',')
    const minor = (text: string) => BigInt(text === '' ? 0 : text.replace('.', ''))
    sums.set(currency, (sums.get(currency) ?? 0n) + minor(debit) - minor(credit))
  }
  expect(Object.fromEntries(sums)).toEqual({ EUR: 0n, JPY: 0n, KWD: 0n })
  const [count] = await ask<{ documents: number }>(`SELECT count(*)::int AS documents FROM documents`)
  expect(new Set(entries.map((line) => line.split(',')[1])).size).toBe(count?.documents)
  expect(entries).toContainEqual(expect.stringMatching(/,receivable,KW,,1\.999,,KWD$/))
  expect(entries).toContainEqual(expect.stringMatching(/,tax,JP,10,,10,JPY$/))
  const sha256 = createHash('sha256')
    .update(entries.map((line) => `${line}\n`).join(''))
    .digest('hex')
  expect(lines.at(-1)).toBe(`sha256,${sha256},${entries.length} entries,,,,,,`)

  const json = await command(['export', ...period, '--format', 'json'])
  const parsed = JSON.parse(json.out) as { entries: { debit: string }[]; totals: object[]; sha256: string }
  expect(parsed).toMatchObject({ count: entries.length, sha256 })
  expect(parsed.entries).toHaveLength(entries.length)
  expect(parsed.totals).toMatchObject(['EUR', 'JPY', 'KWD'].map((currency) => ({ currency, balanced: true })))

  await ask(`UPDATE document_lines SET net_cents = net_cents + 1, gross_cents = gross_cents + 1
    WHERE (series, year, number, position) = (SELECT series, year, number, 1 FROM documents WHERE currency = 'JPY')`)
  const unbalanced = await command(['export', ...period])
  expect(unbalanced.code).toBe(1)
  expect(unbalanced.err).toContain('the entries in JPY do not add up to zero: debit 115, credit 116')
  expect(await command(['reconcile', '--day', day])).toMatchObject({
    code: 1,
    out: expect.stringContaining('LINES ') as string,
  })
  await ask(`UPDATE document_lines SET net_cents = net_cents - 1, gross_cents = gross_cents - 1
    WHERE (series, year, number, position) = (SELECT series, year, number, 1 FROM documents WHERE currency = 'JPY')`)
})

test('the reconciliation of a day finds what was changed by hand, and nothing else', async () => {
  const clean = await command(['reconcile', '--day', day])
  expect(clean).toMatchObject({ code: 0, out: expect.stringMatching(/, 0 differences\n$/) as string })
  const [overpaid] = await ask<{ order_id: string }>(
    `SELECT order_id FROM documents WHERE kind = 'invoice' AND customer_id LIKE 'euro-%' ORDER BY number DESC LIMIT 1`,
  )
  const [deleted] = await ask<{ order_id: string; number: string }>(
    `SELECT order_id, number FROM documents AS d WHERE kind = 'invoice' AND customer_id LIKE 'euro-%'
       AND NOT EXISTS (SELECT FROM documents AS c WHERE c.order_id = d.order_id AND c.kind = 'credit-note')
     ORDER BY number LIMIT 1`,
  )
  await ask(`UPDATE charges SET captured_cents = captured_cents + 1 WHERE order_id = $1`, [overpaid?.order_id])
  await ask(`DELETE FROM document_lines WHERE series = 'INV' AND number = $1`, [deleted?.number])
  await ask(`DELETE FROM documents WHERE series = 'INV' AND number = $1`, [deleted?.number])
  const { code, out } = await command(['reconcile', '--day', day])
  expect(code).toBe(1)
  const lines = out.trimEnd().split('\n')
  expect(lines.slice(0, -1).map((line) => line.split(':')[0])).toEqual(
    expect.arrayContaining([
      `AMOUNT ${overpaid?.order_id}`,
      `NOT_INVOICED ${deleted?.order_id}`,
      `NUMBER_MISSING INV-2026-${String(deleted?.number).padStart(6, '0')}`,
    ]),
  )
  expect(lines.at(-1)).toMatch(/, 3 differences$/)
  expect((await command(['reconcile', '--day', '2026-01-01'])).code).toBe(0)
})

test('every currency has the decimals that the platform gives it', () => {
  for (const currency of [...Intl.supportedValuesOf('currency'), 'UYW', 'XXX'])
    expect(`${decimalText(1_234_567, currency)} ${currency}`).toBe(amountText(1_234_567, currency))
})

test('a wrong call ends with 2 and says what is allowed', async () => {
  const wrong = [['reconcile'], ['reconcile', '--day', '2026-02-30'], ['export', '--from', 'today'], ['print']]
  for (const args of [...wrong, ['export', '--from', 'today', '--to', 'yesterday'], ['reconcile', '--month', '1']]) {
    const { code, err } = await command(args)
    expect([args, code]).toEqual([args, 2])
    expect(err).toContain('usage:')
  }
})
