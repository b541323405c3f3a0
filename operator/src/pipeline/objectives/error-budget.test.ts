import { describe, expect, it } from 'vitest'
import { continuedRecord, errorBudget, newBudgetRecord, withMeasurement } from './error-budget.ts'
import type { BudgetRecord } from './error-budget.ts'

const start = Date.parse('2026-11-01T00:00:00Z')
const hourMs = 3_600_000

/** Measured every 60 seconds for so many minutes. */
function measured(before: BudgetRecord, fromMs: number, minutes: number, late: boolean): BudgetRecord {
  let record = before
  for (let minute = 0; minute < minutes; minute += 1)
    record = withMeasurement(record, { at: start + fromMs + minute * 60_000, seconds: 60, late })
  return record
}

describe('an error budget', () => {
  it('is whole while nothing is late, and burns at no rate', () => {
    expect(errorBudget(measured(newBudgetRecord(start), 0, 60, false), 99)).toEqual({
      budgetLeftPercent: 100,
      burnRate: 0,
      since: '2026-11-01T00:00:00.000Z',
      measuredSeconds: 3600,
      lateSeconds: 0,
    })
  })

  it('of 99 % is spent by 7.2 late hours, and is below 0 after them', () => {
    const budgetLeftAfter = (minutes: number) =>
      errorBudget(measured(newBudgetRecord(start), 0, minutes, true), 99).budgetLeftPercent
    expect([216, 432, 864].map(budgetLeftAfter)).toEqual([50, 0, -100])
  })

  it('burns by the last hour alone', () => {
    const hourLate = measured(newBudgetRecord(start), 0, 60, true)
    expect(errorBudget(hourLate, 99).burnRate).toBe(100)
    const halfLate = measured(hourLate, hourMs, 30, false)
    expect(errorBudget(halfLate, 99).burnRate).toBeCloseTo(50, -1)
    expect(errorBudget(measured(halfLate, hourMs * 1.5, 40, false), 99).burnRate).toBe(0)
  })

  it('has no burn rate until five minutes are measured', () => {
    expect(errorBudget(measured(newBudgetRecord(start), 0, 4, true), 99)).not.toHaveProperty('burnRate')
    expect(errorBudget(measured(newBudgetRecord(start), 0, 5, true), 99).burnRate).toBe(100)
  })

  it('begins again after 30 days', () => {
    const late = measured(newBudgetRecord(start), 0, 432, true)
    const next = measured(late, 30 * 24 * hourMs, 1, false)
    expect(errorBudget(next, 99)).toMatchObject({ budgetLeftPercent: 100, since: '2026-12-01T00:00:00.000Z' })
  })

  it('is carried on from a status', () => {
    const before = errorBudget(measured(newBudgetRecord(start), 0, 216, true), 99)
    const record = continuedRecord(before)
    expect(record && errorBudget(measured(record, hourMs * 5, 216, true), 99)).toMatchObject({
      budgetLeftPercent: 0,
      since: before.since,
      lateSeconds: 432 * 60,
    })
    expect(continuedRecord({ since: 'yesterday', measuredSeconds: 0, lateSeconds: 0 })).toBeUndefined()
  })

  it('keeps no more than the steps of an hour', () => {
    expect(measured(newBudgetRecord(start), 0, 2_000, true).recent.length).toBeLessThanOrEqual(12)
  })
})
