// When are stock levels published, and by which replica? By the one that holds the lease, a look a
// second; all of the stock is compared with what was published once a minute.
import { randomUUID } from 'node:crypto'
import { Counter, Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { PeriodicTask } from '@orderpipeline/stage'
import { claimPublishing, compared, stopPublishing } from '../sql/stock-levels.ts'
import { noteChanges, noteDifferences, publishLevels, publishReplenishments } from './publish-levels.ts'
import type { LevelSettings, PublishProducts } from './publish-levels.ts'

export interface StockLevelOptions extends LevelSettings {
  readonly everySeconds: number
}

/**
 * A replica that has ended is succeeded after this time. One that is only slow is succeeded as
 * well: then two publish, and a level's version shows which is the latest.
 */
const leaseSeconds = 15
const compareEverySeconds = 60
/** Batches of one look; what remains after them waits for the next look. */
const roundsAtMost = 20

export function stockLevelsTask(
  options: StockLevelOptions,
  { now, registry }: { readonly now: () => Date; readonly registry?: Registry | undefined },
): PeriodicTask {
  const figures = registry && stockFigures(registry)
  const holder = randomUUID()
  return {
    name: 'stock levels',
    everyMs: options.everySeconds * 1_000,
    run: async ({ database, publish, stopping }) => {
      const [lead] = await database.query<{ due: boolean }>(claimPublishing, [
        holder,
        leaseSeconds,
        compareEverySeconds,
      ])
      figures?.leads(lead !== undefined)
      if (!lead) return
      const tell: PublishProducts = async (events) => {
        await publish(events)
        figures?.published(events.map(({ type }) => type))
      }
      if (lead.due) {
        await noteDifferences(database, options)
        await database.query(compared)
      }
      for (let round = 0, hasMore = true; hasMore && round < roundsAtMost && !stopping.aborted; round++) {
        const noteCount = await noteChanges(database, options)
        const replenishmentCount = await publishReplenishments(database, tell)
        const levelCount = await publishLevels(database, options, now(), tell)
        hasMore = Math.max(noteCount, replenishmentCount, levelCount) > 0
      }
      // So that the next replica need not wait for the lease to run out.
      if (stopping.aborted) await database.query(stopPublishing, [holder])
    },
  }
}

function stockFigures(registry: Registry) {
  const events = new Counter({
    name: 'inventory_stock_events_total',
    help: 'Published stock events by type; one that is published again after a failure counts again',
    labelNames: ['type'] as const,
    registers: [registry],
  })
  const leading = new Gauge({
    name: 'inventory_stock_publisher',
    help: '1 in the one replica that publishes stock levels',
    registers: [registry],
  })
  return {
    leads: (is: boolean) => leading.set(is ? 1 : 0),
    published: (types: readonly string[]) => {
      for (const type of types) events.inc({ type })
    },
  }
}
