// How does restock read its command line? The delivery's name, then SKU=pieces.
import { Sku } from '@orderpipeline/order-events'
import type { Delivery } from './restock.ts'

export const usage = 'restock <delivery> <SKU>=<pieces> [<SKU>=<pieces> …]'

/** @throws TypeError that names the wrong argument and what is allowed */
export function deliveryOf([name, ...lines]: readonly string[]): Delivery {
  if (name === undefined || name.includes('=') || lines.length === 0) throw new TypeError(`usage: ${usage}`)
  const pieces = new Map<string, number>()
  for (const line of lines) {
    const [sku = '', count = ''] = line.split('=')
    const quantity = Number(count)
    if (!Sku.safeParse(sku).success || !Number.isSafeInteger(quantity) || quantity < 1 || pieces.has(sku))
      throw new TypeError(`found ${line}; allowed: ${usage}, each SKU once, with a whole number of pieces from 1`)
    pieces.set(sku, quantity)
  }
  return { name, pieces }
}
