// Which number does a document get? The next of its series in its year, without a gap. Pure: the
// counters are rows that the transaction has locked, so a roll-back takes no number away.
import type { Day } from './calendar.ts'

export interface Counter {
  readonly series: string
  readonly year: number
  readonly lastNumber: number
  readonly lastDay: Day
}

export interface DocumentNumber {
  readonly series: string
  readonly year: number
  readonly number: number
  readonly issuedOn: Day
}

/** Such as `INV-2026-000001`. */
export function numberText({ series, year, number }: Pick<DocumentNumber, 'series' | 'year' | 'number'>): string {
  return `${series}-${year}-${String(number).padStart(6, '0')}`
}

/**
 * The next number, and the counter after it. Dates never run against the numbers: where the clock
 * of a replica is behind, the day of the last document counts.
 */
export function nextNumber(counter: Counter | undefined, series: string, today: Day) {
  const issuedOn = counter !== undefined && counter.lastDay > today ? counter.lastDay : today
  const year = Number(issuedOn.slice(0, 4))
  const number = counter?.year === year ? counter.lastNumber + 1 : 1
  return {
    given: { series, year, number, issuedOn } satisfies DocumentNumber,
    counter: { series, year, lastNumber: number, lastDay: issuedOn } satisfies Counter,
  }
}
