// Which comparison and which runs do tests use?
import { atLeast } from '../comparison.ts'
import type { Comparison } from '../comparison.ts'
import type { Environment } from '../environment.ts'
import type { FinishedRun } from '../store.ts'

export const environment: Environment = {
  machine: { CPU: 'a processor', cores: '2' },
  versions: { PostgreSQL: '18.4' },
  durability: { PostgreSQL: 'fsync on' },
}

export const comparison: Comparison = {
  name: 'speed',
  title: 'Speed',
  unit: 'orders/s',
  about: 'How fast it is.',
  here: { name: 'a', title: 'here' },
  alternatives: [{ name: 'b', title: 'the other', aim: atLeast(2), bound: 'the disk' }],
  ratio: 'here / other',
  size: { orders: 10 },
  secondsPerRun: 30,
  open: () => Promise.reject(new Error('no test measures it')),
}

export function finishedRun(way: string, pair: number, value: number, more: Partial<FinishedRun> = {}): FinishedRun {
  return {
    ...{ comparison: 'speed', way, pair, value, more: {}, accepted: 10, present: 10, seconds: 20 },
    ...{ size: comparison.size, commit: 'abc', date: '2026-11-29T12:00:00.000Z', environment },
    ...more,
  }
}
