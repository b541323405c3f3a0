// What does the recorded shop show of its stock and of a customer's channels?
import type { CustomerChannels } from '../model/customer-channels.ts'
import type { StockAnswer, StockLevel } from '../model/stock.ts'
import type { StockQuery } from '../server/stock-answer.ts'

const updatedAt = '2026-03-01T10:00:00.000Z'

/** Every eleventh runs low, and the last of these is sold out. */
export const recordedLevels: readonly StockLevel[] = Array.from({ length: 70 }, (_, index) => {
  const low = (index + 1) % 11 === 0
  const available = index === 65 ? 0 : low ? 4 : 100 + index
  return { sku: `SKU-${String(index + 1).padStart(4, '0')}`, available, low, updatedAt }
})

const pageSize = 50

export function recordedStock({ prefix = '', cursor = '' }: StockQuery): StockAnswer {
  const levels = recordedLevels.filter(({ sku }) => sku.startsWith(prefix))
  const later = levels.filter(({ sku }) => sku > cursor)
  const stock = later.slice(0, pageSize)
  const last = stock.at(-1)
  return {
    stock,
    ...(cursor === '' ? { low: levels.filter(({ low }) => low) } : {}),
    ...(later.length > pageSize && last ? { next: last.sku } : {}),
  }
}

export const recordedChannels: CustomerChannels = {
  mail: { orders: true, marketing: true, marketingSince: updatedAt },
  sms: { orders: true, ordersSince: updatedAt, marketing: false, hasPhone: true, confirmed: false },
  push: { orders: false, marketing: false, browsers: 1 },
  timeZone: 'Europe/Berlin',
  quietHours: { from: '20:00', to: '09:00' },
}
