// What does a failover of PostgreSQL cost, with commits that wait for the standby and with commits
// that do not? The intake under load; its primary is killed by SIGKILL and the standby is promoted,
// again and again, on the same machine with fsync on.
import { testDatabase } from '@orderpipeline/stage/testing'
import { failoverUnderLoad } from '@orderpipeline/test-support/failover-under-load'
import type { FailoverResult } from '@orderpipeline/test-support/failover-under-load'
import { ownReplica } from '@orderpipeline/test-support/own-replica'
import type { Row } from './table.ts'

export interface FailoverBenchOptions {
  /** Orders accepted before the primary is killed. */
  readonly orders: number
  readonly clients: number
  readonly rounds: number
  readonly say: (line: string) => void
}

export const failoverWays = [
  { name: 'synchronous', synchronous: true },
  { name: 'asynchronous', synchronous: false },
] as const

export async function benchFailover(
  { orders, clients, rounds, say }: FailoverBenchOptions,
  ways: readonly (typeof failoverWays)[number][] = failoverWays,
): Promise<Row[]> {
  const results = new Map<string, FailoverResult[]>(ways.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++)
    for (const { name, synchronous } of ways) {
      say(`round ${round} of ${rounds}: ${name} …`)
      const servers = await ownReplica({ sizing: 'cluster', synchronous })
      try {
        const database = await testDatabase(servers.adminUrl)
        const load = { clients, before: orders, after: Math.ceil(orders / 10) }
        results.get(name)?.push(await failoverUnderLoad({ servers, databaseUrl: database.url, ...load }))
      } finally {
        await servers.close()
      }
    }
  return [...results].map(([name, of]) => {
    const lostCounts = of.map((result) => result.lost)
    return {
      'commits to the standby': name,
      'accepted/s before': Math.round(median(of.map(({ acceptedPerSecond }) => acceptedPerSecond))),
      'none accepted for, s': Number(median(of.map(({ refusedForSeconds }) => refusedForSeconds)).toFixed(1)),
      'accepted orders lost, each round': lostCounts.join(', '),
    }
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
