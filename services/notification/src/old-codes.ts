// What ends the codes for phone numbers that no limit counts any more? A task of each hour, also in
// a stage without a mail server: the gateway does not know whether the shop sends SMS.
import type { PeriodicTask } from '@orderpipeline/stage'
import { removeOldCodes, removeOldConfirmations, removeUnsentCodes } from './sql/phone-codes.ts'

/** `atOnce`: rows of one statement. */
export function oldCodesTask(everySeconds = 3_600, atOnce = 5_000): PeriodicTask {
  return {
    name: 'old phone codes',
    everyMs: everySeconds * 1_000,
    run: async ({ database, stopping }) => {
      for (const statement of [removeOldCodes, removeUnsentCodes, removeOldConfirmations])
        for (let count = atOnce; count === atOnce && !stopping.aborted;)
          count = (await database.query(statement, [atOnce])).length
    },
  }
}
