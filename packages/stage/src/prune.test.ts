// Is the inbox kept for longer than Kafka keeps messages?
import { expect, test } from 'vitest'
import { keptHours } from './prune.ts'

test('the inbox outlives the longest retention by a day, eight days at least and ten years at most', () => {
  expect([1, 168, 169, 720.5, 87_600, Infinity].map(keptHours)).toEqual([192, 192, 193, 745, 87_600, 87_600])
})
