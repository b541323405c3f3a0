// Is the inbox kept for longer than Kafka keeps messages?
import { expect, test } from 'vitest'
import { inboxRetentionHours } from './prune.ts'

test('keeps inbox rows a day longer than the longest retention, within bounds', () => {
  expect([1, 168, 169, 720.5, 87_600, Infinity].map(inboxRetentionHours)).toEqual([192, 192, 193, 745, 87_600, 87_600])
})
