import { describe, expect, it } from 'vitest'
import { freshness } from './freshness.ts'
import type { EndsSample } from './freshness.ts'
import type { PartitionOffsets } from '../kafka/lag.ts'

/** `[end, committed]` of each partition. */
function partitions(...offsets: readonly (readonly [number, number | undefined])[]): PartitionOffsets[] {
  return offsets.map(([high, committed]) => ({ topic: 'orders', low: 0, high, committed }))
}

/** What the looks say, one every ten seconds, with a target of a minute. */
function verdicts(looks: readonly PartitionOffsets[][], everyMs = 10_000): (boolean | undefined)[] {
  let samples: readonly EndsSample[] = []
  return looks.map((look, index) => {
    const { samples: next, late } = freshness(samples, look, index * everyMs, 60_000)
    samples = next
    return late
  })
}

function times<T>(count: number, one: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => one(index))
}

describe('a stage is fresh', () => {
  it('while it has consumed everything', () => {
    expect(verdicts(times(20, () => partitions([50, 50])))).toEqual(times(20, () => false))
  })

  it('while it consumes with a lag that is younger than its target', () => {
    const looks = times(30, (index) => partitions([100 + index * 10, 100 + Math.max(0, index - 3) * 10]))
    expect(verdicts(looks)).toEqual(times(30, () => false))
  })

  it('where a message arrives in a topic that was idle for hours', () => {
    const looks = [...times(20, () => partitions([50, 50])), partitions([51, 50]), partitions([51, 51])]
    expect(verdicts(looks).at(-2)).toBe(false)
  })
})

describe('a stage is late', () => {
  it('once a message is older than the target, though nothing is consumed and no rate is known', () => {
    const looks = [partitions([50, 50]), ...times(10, () => partitions([51, 50]))]
    const late = verdicts(looks)
    expect(late.slice(0, 7)).not.toContain(true)
    expect(late.slice(-2)).toEqual([true, true])
  })

  it('where one of its partitions stands still behind others that go on', () => {
    const looks = times(20, (index) => partitions([1_000 * index, 1_000 * index], [7, 3]))
    expect(verdicts(looks).at(-1)).toBe(true)
  })

  it('where it has never committed an offset', () => {
    expect(verdicts(times(10, () => partitions([5, undefined]))).at(-1)).toBe(true)
  })
})

describe('whether a stage is fresh is unknown', () => {
  it('until the operator has looked for as long as the target, where messages wait from the first look', () => {
    expect(verdicts(times(8, () => partitions([9, 4])))).toEqual([...times(6, () => undefined), true, true])
  })

  it('after partitions were added, or a topic was created again', () => {
    const late = times(10, () => partitions([9, 4]))
    expect(verdicts([...late, partitions([9, 4], [3, 0])]).slice(-2)).toEqual([true, undefined])
    expect(verdicts([...late, partitions([3, 0])]).slice(-2)).toEqual([true, undefined])
  })
})

it('keeps few samples however often it looks', () => {
  let samples: readonly EndsSample[] = []
  for (let at = 0; at < 600_000; at += 1_000) samples = freshness(samples, partitions([at, at]), at, 60_000).samples
  expect(samples.length).toBeLessThanOrEqual(6)
})
