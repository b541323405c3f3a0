// How do others learn how much there is of each product? One replica at a time looks at what
// changed, notes the new levels with a version each, publishes those that are due, and marks them
// as sent. An order pays for none of it but a row that names its SKUs.
//
// What changes often is published once for many changes: a subscriber wants the level, not the way
// to it. What was published and could not be marked is published again, under the same ids.
import type { Pool } from '@orderpipeline/postgres'
import { productEventOf } from '@orderpipeline/order-events'
import type { ProductEvent } from '@orderpipeline/order-events'
import * as sql from '../sql/stock-levels.ts'

export interface LevelSettings {
  /** Below how many pieces a SKU runs low that has no bound of its own. */
  readonly lowBelow: number
  /**
   * The time between two levels of a SKU that is neither sold out, nor back, nor low, nor no longer
   * low.
   */
  readonly levelSeconds: number
}

export type PublishProducts = (events: readonly ProductEvent[]) => Promise<void>

const changesAtOnce = 10_000
const eventsAtOnce = 500

/** Notes the levels of what has changed. Returns how many SKUs that were. */
export function noteChanges(database: Pool, { lowBelow }: LevelSettings): Promise<number> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ sku: string }>(sql.takeChanges, [changesAtOnce])
    // A statement later, so that it sees at least what those have seen that noted the changes.
    if (rows.length > 0) tx.send(sql.noteLevels, [rows.map(({ sku }) => sku), lowBelow])
    return rows.length
  })
}

/** Notes the levels that changed without a note, as by hand. Returns the number of SKUs. */
export async function noteDifferences(database: Pool, { lowBelow }: LevelSettings): Promise<number> {
  for (let total = 0; ;) {
    const rows = await database.query<{ sku: string }>(sql.differing, [lowBelow, changesAtOnce])
    if (rows.length > 0) await database.query(sql.noteLevels, [rows.map(({ sku }) => sku), lowBelow])
    total += rows.length
    if (rows.length < changesAtOnce) return total
  }
}

interface Level {
  readonly sku: string
  readonly available: number
  readonly low: boolean
  readonly low_below: number
  readonly version: number
  readonly went_low: boolean
}

/** Returns how many levels were due, at most 500. */
export async function publishLevels(
  database: Pool,
  { levelSeconds }: LevelSettings,
  now: Date,
  publish: PublishProducts,
): Promise<number> {
  const rows = await database.query<Level>(sql.levelsToSend, [levelSeconds, eventsAtOnce])
  if (rows.length === 0) return 0
  await publish(rows.flatMap((level) => eventsOf(level, now)))
  await database.query(sql.markLevelsSent, [
    rows.map(({ sku }) => sku),
    rows.map(({ version }) => version),
    rows.map(({ available }) => available),
    rows.map(({ low }) => low),
  ])
  return rows.length
}

function eventsOf({ sku, available, low, low_below: lowBelow, version, went_low }: Level, now: Date): ProductEvent[] {
  const [context, id] = [{ source: '/inventory', now }, String(version)]
  const level = productEventOf('StockLevelChanged', { sku, available, version, low }, context, id)
  if (!went_low) return [level]
  return [level, productEventOf('StockLow', { sku, available, version, lowBelow }, context, id)]
}

/** Returns how many deliveries were published, at most 500. */
export async function publishReplenishments(database: Pool, publish: PublishProducts): Promise<number> {
  const rows = await database.query<{ id: number; delivery: string; sku: string; quantity: number; at: Date }>(
    sql.replenishmentsToSend,
    [eventsAtOnce],
  )
  if (rows.length === 0) return 0
  await publish(
    rows.map(({ delivery, sku, quantity, at }) =>
      productEventOf('StockReplenished', { sku, delivery, quantity }, { source: '/inventory', now: at }, delivery),
    ),
  )
  await database.query(sql.deleteReplenishments, [rows.map(({ id }) => id)])
  return rows.length
}
