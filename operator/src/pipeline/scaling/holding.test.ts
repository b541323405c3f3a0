import { expect, it } from 'vitest'
import { isHolding, withHoldingSample } from './holding.ts'
import type { Holding } from './holding.ts'

function after(seconds: number, changes: { handled?: (second: number) => number; members?: number; lag?: number }) {
  const { handled = () => 7, members = 3, lag = 100 } = changes
  let holding: Holding = {}
  for (let second = 0; second <= seconds; second += 2)
    holding = withHoldingSample(holding, {
      at: second * 1_000,
      handled: handled(second),
      members,
      current: members,
      lag,
    })
  return holding
}

it('a stage is holding that has handled no message for half a minute although messages wait', () => {
  expect(isHolding(after(28, {}), 0.1)).toBe(false)
  expect(isHolding(after(30, {}), 0.1)).toBe(true)
})

it('a stage with long messages is holding only after the time of three of them', () => {
  expect(isHolding(after(60, {}), 60)).toBe(false)
  expect(isHolding(after(180, {}), 60)).toBe(true)
})

it('a stage that handles one message, has none, or has no members is not holding', () => {
  expect(isHolding(after(60, { handled: (second) => (second > 50 ? 8 : 7) }), 0.1)).toBe(false)
  expect(isHolding(after(60, { lag: 0 }), 0.1)).toBe(false)
  expect(isHolding(after(60, { members: 0 }), 0.1)).toBe(false)
})
