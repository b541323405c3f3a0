// Is there always a month for the orders that come? One replica at a time makes them ahead; each
// reports how far they reach, so that an alert can come long before they end. An order without a
// month is kept all the same, and moved when its month is made.
import type { Pool } from '@orderpipeline/postgres'
import type { PeriodicTask } from '@orderpipeline/stage'
import { Gauge } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { tryLock, makeMonths, monthFigures, reschedule } from '../sql/months.ts'

export interface MonthFigures {
  /** Months made ahead of this one, without a gap; -1 when this one is missing. */
  readonly ahead: number
  /** Orders whose id falls into no month. */
  readonly outside: number
}

/**
 * Returns the months made now, as `2026-01`; none when another replica is at it or has just been.
 * @throws DatabaseError
 */
export function createMonthsAhead(database: Pool, everySeconds: number): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    if ((await tx.query(tryLock)).length === 0) return []
    const months = await tx.query<{ month: string }>(makeMonths)
    await tx.query(reschedule, [everySeconds])
    return months.map(({ month }) => month)
  })
}

/** @throws DatabaseError */
export async function readMonthFigures(database: Pool): Promise<MonthFigures> {
  const [figures] = await database.query<MonthFigures>(monthFigures)
  return figures ?? { ahead: -1, outside: 0 }
}

export interface MonthsTaskOptions {
  readonly everySeconds: number
  readonly registry?: Registry | undefined
  readonly logger?: Pick<Logger, 'info' | 'warn'> | undefined
}

export function monthsTask({ everySeconds, registry, logger }: MonthsTaskOptions): PeriodicTask {
  const gauges = registry && {
    ahead: new Gauge({
      name: 'orders_months_ahead',
      help: 'Months of orders that exist ahead of this one; -1 if this one is missing. The same from every replica',
      registers: [registry],
    }),
    outside: new Gauge({
      name: 'orders_outside_months',
      help: 'Orders in the default partition because their month is missing, up to 10,000. The same from every replica',
      registers: [registry],
    }),
  }
  return {
    name: 'months',
    everyMs: everySeconds * 1_000,
    run: async ({ database }) => {
      try {
        const newMonths = await createMonthsAhead(database, everySeconds)
        if (newMonths.length > 0) logger?.info({ months: newMonths }, 'months for orders were created')
      } finally {
        const { ahead, outside } = await readMonthFigures(database)
        gauges?.ahead.set(ahead)
        gauges?.outside.set(outside)
        if (ahead < 1)
          logger?.warn(
            { ahead },
            'the next month for orders is missing; its orders will be stored in the default partition',
          )
      }
    },
  }
}
