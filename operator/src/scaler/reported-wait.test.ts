import { expect, it } from 'vitest'
import { reportedWait } from './reported-wait.ts'

function partitions(...each: readonly (readonly [committed: number | undefined, metadata?: string])[]) {
  return each.map(([committed, metadata]) => ({
    ...{ topic: 'in', low: 0, high: 99, committed },
    ...(metadata === undefined ? {} : { metadata }),
  }))
}

it('is the mean of what is noted with the offsets that were committed since the last read', () => {
  const before = partitions([1, 'processor+90'], [1], [1, 'processor+90'], [undefined])
  const now = partitions([1, 'processor+90'], [2, 'high+7 processor+60 database 7'], [2, 'database 7'], [undefined])
  expect(reportedWait(now, before)?.share).toBeCloseTo(0.3)
})

it('is unknown at the first read, and where nothing was committed', () => {
  const now = partitions([5, 'processor+90'])
  expect(reportedWait(now, undefined)).toBeUndefined()
  expect(reportedWait(now, now)).toBeUndefined()
})

it('is 0 for replicas that note nothing, and at most 1', () => {
  expect(reportedWait(partitions([6, '']), partitions([5]))).toEqual({ share: 0 })
  expect(reportedWait(partitions([6, 'processor+4000']), partitions([5]))?.share).toBe(1)
  // A partition that was added meanwhile.
  expect(reportedWait(partitions([5], [6, 'processor+40']), partitions([5]))?.share).toBeCloseTo(0.4)
})

it('says that a stage calls no other system where all say it that wait', () => {
  const before = partitions([1], [1], [1])
  const local = 'processor+60 local+1 database 7'
  expect(reportedWait(partitions([2, local], [2, 'database 7'], [1]), before)?.local).toBe(true)
  expect(reportedWait(partitions([2, local], [2, 'processor+60 database 7'], [1]), before)?.local).toBe(false)
})
