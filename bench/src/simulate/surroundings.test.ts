import { describe, expect, it } from 'vitest'
import { surroundingsOf } from './surroundings.ts'
import type { Observation } from './watch.ts'

function at(seconds: number, members: number, ready: number, stable = true): Observation {
  return {
    ...{ seconds, members, ready, stable },
    ...{ lag: 0, wanted: 100 },
  }
}

describe('the figures of a scale-up', () => {
  it('give the join rate, the first join, the ready members and the delay of the rest', () => {
    // 4 s for the first, then one a second; a quarter of them seen ready until all are there
    const steps = Array.from({ length: 40 }, (_, added) =>
      at(4 + added + 1, 5 + added + 1, 5 + Math.floor((added + 1) / 4)),
    )
    const surroundings = surroundingsOf([at(0, 5, 5), ...steps, at(46, 45, 45)])
    expect(surroundings.startsPerSecond).toBeCloseTo(1)
    expect(surroundings.podStartSeconds).toBeCloseTo(4)
    expect(surroundings.readyWhileStarting).toBeCloseTo(0.25)
    expect(surroundings.readyLateSeconds).toBeCloseTo(2)
  })

  it('average the times in which the group stood still', () => {
    const observations = [
      at(0, 5, 5),
      at(1, 6, 5, false),
      at(2, 7, 5, false),
      at(3, 8, 5),
      at(4, 9, 5, false),
      at(5, 30, 5),
    ]
    expect(surroundingsOf(observations).rebalanceSeconds).toBeCloseTo(1.5)
  })

  it('are absent where hardly a pod was added', () => {
    expect(() => surroundingsOf([at(0, 5, 5), at(9, 6, 6)])).toThrow(/1 pods were added/)
  })
})
