// What payment does a row of the table stand for?
import type { Payment } from './payments.ts'

export type PaymentRow = { readonly [Name in keyof Payment]-?: Payment[Name] | null } & Pick<
  Payment,
  'orderId' | 'customerId' | 'status'
>

/** A column without a value is a field that is not there. */
export function paymentsByOrder(rows: readonly PaymentRow[]): Map<string, Payment> {
  return new Map(
    rows.map((row) => {
      const values = Object.entries(row).filter(([, value]) => value !== null)
      return [row.orderId, Object.fromEntries(values) as unknown as Payment]
    }),
  )
}
