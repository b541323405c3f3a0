// What does each secondary index of the orders service cost, and what is slow without it? An index
// is dropped and built again, with that of each partition.
import type { Pool } from '@orderpipeline/postgres'

export interface SecondaryIndex {
  readonly name: string
  /** Selects the indexes: one over all months, or that of each day. */
  readonly pattern: string
}

export const secondaryIndexes: readonly SecondaryIndex[] = [
  { name: 'orders_under_way', pattern: '^orders_under_way$' },
  { name: 'orders_by_customer', pattern: '^orders_by_customer$' },
  { name: 'inbox by_age', pattern: '^inbox_.*_by_age$' },
]

interface Definition {
  readonly name: string
  readonly definition: string
  readonly bytes: string
}

/** What the work results in, and the size of the index in MiB. */
export async function withoutIndex<Result>(
  database: Pool,
  index: SecondaryIndex,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly mebibytes: number }> {
  const definitions = await database.query<Definition>({ name: '', text: definitionsOf }, [index.pattern])
  if (definitions.length === 0) throw new Error(`the orders service has no index ${index.name}`)
  const mebibytes = definitions.reduce((sum, { bytes }) => sum + Number(bytes), 0) / 2 ** 20
  for (const { name } of definitions) await database.query({ name: '', text: `DROP INDEX ${name}` })
  try {
    return { result: await work(), mebibytes }
  } finally {
    for (const { definition } of definitions) await database.query({ name: '', text: definition })
  }
}

/**
 * $1: a pattern of names. Of an index over partitions PostgreSQL gives the definition of the empty
 * one alone (ON ONLY), which would not be built for the partitions.
 */
const definitionsOf = `
SELECT
  class.oid::regclass::text AS name,
  replace(pg_get_indexdef(class.oid), ' ON ONLY ', ' ON ') AS definition,
  coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(class.oid)), pg_relation_size(class.oid))::text
    AS bytes
FROM pg_class AS class
JOIN pg_namespace AS schema ON schema.oid = relnamespace AND schema.nspname = current_schema()
WHERE class.relkind IN ('i', 'I') AND class.relname ~ $1
ORDER BY 1`
