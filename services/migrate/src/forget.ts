// How is a customer forgotten? What only served them is deleted. What the books need is kept under
// a pseudonym that cannot be traced back: orders with their lines, payments, refunds and shipments.
import { randomUUID } from 'node:crypto'
import { connectAdministrator } from '@orderpipeline/postgres'
import type { Administrator } from '@orderpipeline/postgres'
import { ofCustomer, ofOrders, selectOrders, stillServed } from './sql/forget.ts'

export interface ForgetOptions {
  readonly databaseUrl: string
  readonly tlsCa?: string | undefined
  readonly customerId: string
}

export interface ErasedCustomer {
  readonly orders: number
  /** Under which the books have them from now on. */
  readonly pseudonym: string
}

/** Something is still to be done for the customer, so that they cannot be forgotten yet. */
export class CustomerInUseError extends Error {
  override readonly name = 'CustomerInUseError'
}

const ordersAtOnce = 1_000

/**
 * May be repeated: the orders come last, so that a run that was cut off leaves nothing behind.
 * @throws CustomerInUseError, DatabaseError
 */
export async function forgetCustomer({ customerId, ...address }: ForgetOptions): Promise<ErasedCustomer> {
  const administrator = await connectAdministrator({
    url: address.databaseUrl,
    tlsCa: address.tlsCa,
    log: () => undefined,
  })
  try {
    await refuseWhileServed(administrator, customerId)
    const pseudonym = `forgotten-${randomUUID()}`
    let orders = 0
    for (;;) {
      const ids = await ordersOf(administrator, customerId)
      if (ids.length === 0) break
      for (const [service, text] of ofOrders) await administrator.execute(service, text, [ids, pseudonym])
      orders += ids.length
    }
    for (const [service, text] of ofCustomer) await administrator.execute(service, text, [customerId])
    return { orders, pseudonym }
  } finally {
    await administrator.close()
  }
}

async function ordersOf(administrator: Administrator, customerId: string): Promise<string[]> {
  const rows = await administrator.rows<{ order_id: string }>('orders', selectOrders, [customerId, ordersAtOnce])
  return rows.map(({ order_id }) => order_id)
}

async function refuseWhileServed(administrator: Administrator, customerId: string): Promise<void> {
  for (const [service, text, what] of stillServed) {
    const [row] = await administrator.rows<{ order_id: string }>(service, text, [customerId])
    if (row)
      throw new CustomerInUseError(
        `customer: found ${what}, ${row.order_id}; allowed: a customer without pending orders, charges or refunds`,
      )
  }
}
