// How many orders are held, and for how long?
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Queryable } from '@orderpipeline/postgres'
import { countHolds } from '../sql/holds.ts'

export interface HeldFigures {
  readonly count: number
  readonly oldestSeconds: number
}

/** @throws DatabaseError */
export async function heldFigures(database: Queryable): Promise<HeldFigures> {
  const [row] = await database.query<{ count: number; oldest_seconds: number | null }>(countHolds)
  return { count: row?.count ?? 0, oldestSeconds: Math.max(0, row?.oldest_seconds ?? 0) }
}

/** Shown by every replica alike. */
export function heldGauges(registry: Registry): (figures: HeldFigures) => void {
  const heldOrders = new Gauge({
    name: 'orders_held',
    help: 'Orders that are held, as counted in the database; the same from every replica',
    registers: [registry],
  })
  const oldest = new Gauge({
    name: 'orders_held_oldest_seconds',
    help: 'Age of the oldest hold that is not decided; the same from every replica',
    registers: [registry],
  })
  return ({ count, oldestSeconds }) => {
    heldOrders.set(count)
    oldest.set(oldestSeconds)
  }
}
