// How are results of the same kind shown next to each other?
import { columns } from '@orderpipeline/cli'

/**
 * Column title → value; every row has the same columns, and the first one names what was measured.
 */
export type Row = Readonly<Record<string, string | number>>

export function table(rows: readonly Row[]): string {
  return columns(
    Object.keys(rows[0] ?? {}),
    rows.map((row) =>
      Object.values(row).map((value) => (typeof value === 'number' ? value.toLocaleString('en') : value)),
    ),
  ).join('\n')
}
