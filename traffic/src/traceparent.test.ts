import { expect, it } from 'vitest'
import { seeded } from './random.ts'
import { traceparent } from './traceparent.ts'

it('samples the share of the traces that it is given, each with ids of its own', () => {
  const random = seeded(7)
  const all = Array.from({ length: 2_000 }, () => traceparent(0.1, random))
  expect(all.every((text) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(text))).toBe(true)
  const sampled = all.filter((text) => text.endsWith('-01')).length
  expect(sampled).toBeGreaterThan(140)
  expect(sampled).toBeLessThan(260)
  expect(new Set(all).size).toBe(all.length)
})
