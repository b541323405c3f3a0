// How is a month that is done with taken out of the orders?
import type { Queryable } from '@orderpipeline/postgres'
import { detachMonth } from '../sql/months.ts'

/** `2026-01`. @throws TypeError for anything else */
export function monthOf(args: readonly string[]): string {
  const [month = '', ...more] = args
  if (more.length === 0 && /^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return month
  throw new TypeError(`month: found ${JSON.stringify(args.join(' '))}; allowed: a month such as 2026-01`)
}

/** Returns the tables it is in now. @throws DatabaseError, with the reason where it is refused */
export async function detach(database: Queryable, month: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(detachMonth, [`${month}-01`])
  return rows.map(({ name }) => name)
}
