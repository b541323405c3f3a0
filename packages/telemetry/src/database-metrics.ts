// Is the database the bottleneck? How long statements take, and how many callers wait for a
// connection.
import { Counter, Gauge, Histogram, secondsBuckets } from './registry.ts'
import type { Registry } from './registry.ts'

export interface PoolFigures {
  readonly size: number
  counts(): { readonly total: number; readonly idle: number; readonly waiting: number }
}

export type QueryObserver = (statement: string, seconds: number, failed: boolean) => void

/** By the statements' names, of which a service has a handful. */
export function observeQueries(registry: Registry): QueryObserver {
  const registers = [registry]
  const labelNames = ['statement'] as const
  const duration = new Histogram({
    name: 'orderpipeline_database_query_seconds',
    help: 'Time from sending a statement to its answer',
    labelNames,
    buckets: secondsBuckets,
    registers,
  })
  const failures = new Counter({
    name: 'orderpipeline_database_query_failures_total',
    help: 'Failed statements, for any cause',
    labelNames,
    registers,
  })
  return (statement, seconds, failed) => {
    duration.observe({ statement }, seconds)
    if (failed) failures.inc({ statement })
  }
}

/** By name: `primary`, and `replica` where one is read from. */
export function observePools(pools: Readonly<Record<string, PoolFigures>>, registry: Registry): void {
  const registers = [registry]
  new Gauge({
    name: 'orderpipeline_database_connections',
    help: 'Connections of the pool by state; `free` counts those it may still open',
    labelNames: ['pool', 'state'] as const,
    registers,
    collect() {
      for (const [name, pool] of Object.entries(pools)) {
        const { total, idle } = pool.counts()
        this.set({ pool: name, state: 'busy' }, total - idle)
        this.set({ pool: name, state: 'idle' }, idle)
        this.set({ pool: name, state: 'free' }, pool.size - total)
      }
    },
  })
  new Gauge({
    name: 'orderpipeline_database_waiting',
    help: 'Callers waiting for a connection',
    labelNames: ['pool'] as const,
    registers,
    collect() {
      for (const [name, pool] of Object.entries(pools)) this.set({ pool: name }, pool.counts().waiting)
    },
  })
}
