// How long does what the indexes are for take? The list of a customer's orders, an order by its id,
// and the count of orders in progress.
import type { Pool } from '@orderpipeline/postgres'
import { spreadOf } from '../results/statistics.ts'
import { countInProgress, orderById, ordersOfCustomer } from '@orderpipeline/orders/queries'

export interface ReadTimes {
  /** Milliseconds, the median. */
  readonly customerMs: number
  readonly orderMs: number
  readonly inProgressMs: number
}

const pageSize = 20
const customers = 50_000
const mostReads = 50
/** Without its index a read takes seconds. */
const mostMs = 10_000

export async function readTimes(database: Pool): Promise<ReadTimes> {
  const [first] = await database.query<{ order_id: string }>({
    name: '',
    text: 'SELECT order_id FROM orders ORDER BY order_id LIMIT 1',
  })
  const customer = (n: number) => `customer-${(n * 7_919) % customers}`
  return {
    customerMs: await medianMs((n) => ordersOfCustomer(database, customer(n), undefined, pageSize)),
    orderMs: await medianMs(() => orderById(database, first?.order_id ?? '')),
    inProgressMs: await medianMs(() => database.query(countInProgress)),
  }
}

async function medianMs(read: (n: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  const startedAt = performance.now()
  do {
    const from = performance.now()
    await read(times.length)
    times.push(performance.now() - from)
  } while (times.length < mostReads && performance.now() - startedAt < mostMs)
  return spreadOf(times).median
}
