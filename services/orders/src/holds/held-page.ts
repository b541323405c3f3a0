// Which orders are held? In the order in which they were placed, a page at a time.
import type { Queryable } from '@orderpipeline/postgres'
import { selectHeldPage } from '../sql/holds.ts'
import type { AtDue } from './settings.ts'

export interface HeldOrderView {
  readonly orderId: string
  readonly customerId: string
  readonly currency: string
  readonly totalCents?: number
  readonly placedAt: string
  /** In the words of the stage that asked for the hold. */
  readonly reasons: readonly string[]
  readonly heldAt: string
  /** When time decides, and how. */
  readonly dueAt: string
  readonly atDue: AtDue
}

const beforeAll = '00000000-0000-0000-0000-000000000000'

/** `after`: only orders that were placed after this one. @throws DatabaseError */
export async function heldPage(
  database: Queryable,
  after: string | undefined,
  limit: number,
): Promise<readonly HeldOrderView[]> {
  const rows = await database.query<{ view: HeldOrderView }>(selectHeldPage, [after ?? beforeAll, limit])
  return rows.map(({ view }) => view)
}
