// How long may a lane of marketing grow? Up to a bound, as this replica has last counted it. Lanes
// about orders have no bound in number: their messages are given up by age.
import type { PeriodicTask } from '@orderpipeline/stage'
import { isMarketing, lanes } from './lanes.ts'
import type { Lane } from './lanes.ts'
import type { Mail } from './mails.ts'
import { countWaiting } from './sql/mails.ts'

export interface BacklogOptions {
  /** Messages of one lane of marketing. */
  readonly mostWaiting: number
  readonly everySeconds: number
  readonly onCounted: (counts: ReadonlyMap<Lane, number>) => void
  readonly onDropped: (lane: Lane, count: number) => void
}

export interface Backlog {
  /** What the lanes still take; what is added counts as waiting until the next count. */
  readonly bound: (mails: readonly Mail[]) => readonly Mail[]
  readonly task: PeriodicTask
}

export function createBacklog({ mostWaiting, everySeconds, onCounted, onDropped }: BacklogOptions): Backlog {
  const counts = new Map<Lane, number>()
  return {
    bound: (mails) =>
      mails.filter(({ lane }) => {
        if (!isMarketing(lane)) return true
        const count = counts.get(lane) ?? 0
        if (count >= mostWaiting) onDropped(lane, 1)
        else counts.set(lane, count + 1)
        return count < mostWaiting
      }),
    task: {
      name: 'waiting messages',
      everyMs: everySeconds * 1_000,
      run: async ({ database }) => {
        const rows = await database.query<{ lane: Lane; waiting: number }>(countWaiting, [lanes, mostWaiting])
        for (const { lane, waiting } of rows) counts.set(lane, waiting)
        onCounted(counts)
      },
    },
  }
}
