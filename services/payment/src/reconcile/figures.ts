// What does the comparison with the provider show in the metrics?
import type { Queryable } from '@orderpipeline/postgres'
import { Counter, Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { countDifferences, reconcileAges } from '../sql/reconcile.ts'
import { forPeople } from './compare.ts'
import type { DifferenceKind } from './compare.ts'

export interface ReconcileFigures {
  readonly note: (kind: DifferenceKind) => void
  /** @throws DatabaseError */
  readonly show: (database: Queryable) => Promise<void>
}

export function reconcileFigures(registry: Registry | undefined): ReconcileFigures {
  if (!registry) return { note: () => undefined, show: () => Promise.resolve() }
  const registers = [registry]
  const differences = new Counter({
    name: 'payment_differences_total',
    help: 'Differences between our payments and the provider that this replica has found, by kind',
    labelNames: ['kind'] as const,
    registers,
  })
  const open = new Gauge({
    name: 'payment_differences_open',
    help: 'Differences that wait for a person, by kind; the same from every replica',
    labelNames: ['kind'] as const,
    registers,
  })
  const age = new Gauge({
    name: 'payment_reconciled_age_seconds',
    help: 'Age of the payments last compared with the provider, by pass; the same from every replica',
    labelNames: ['pass'] as const,
    registers,
  })
  return {
    note: (kind) => differences.inc({ kind }),
    show: async (database) => {
      const counts = await database.query<{ kind: string; count: number }>(countDifferences)
      for (const kind of forPeople) open.set({ kind }, 0)
      for (const { kind, count } of counts) open.set({ kind }, count)
      for (const { name, seconds } of await database.query<{ name: string; seconds: number }>(reconcileAges))
        age.set({ pass: name }, seconds)
    },
  }
}
