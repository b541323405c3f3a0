// How is a way to store orders shown? The median of its runs, and what was measured besides.
import type { MonthMeasurement } from '../month-two/measure.ts'
import type { Row } from '../table.ts'
import type { ReadTimes } from './reads.ts'

export type StorageRun = MonthMeasurement

export interface DeletionTimes {
  /** Until the oldest month of orders is gone. */
  readonly monthMs: number
  /** Until the days of the inbox that are too old are gone. */
  readonly inboxMs: number
}

export function rowOf(name: string, runs: readonly StorageRun[], reads?: ReadTimes, deletion?: DeletionTimes): Row {
  const tenths = (value: number | undefined) => (value === undefined ? '-' : Math.round(value * 10) / 10)
  const whole = (value: number | undefined) => (value === undefined ? '-' : Math.round(value))
  return {
    storage: name,
    'intake, orders/s': whole(median(runs.map(({ intakePerSecond }) => intakePerSecond))),
    'orders stage, messages/s': whole(median(runs.map(({ stagePerSecond }) => stagePerSecond))),
    'longest statement, ms': whole(Math.max(...runs.map(({ longestMs }) => longestMs))),
    "a customer's orders, ms": tenths(reads?.customerMs),
    'an order, ms': tenths(reads?.orderMs),
    'in progress counted, ms': tenths(reads?.inProgressMs),
    'a month out, ms': whole(deletion?.monthMs),
    'inbox pruned, ms': whole(deletion?.inboxMs),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}
