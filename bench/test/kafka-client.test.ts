// Does npm run bench -- kafka-client still work? Two of its ways run once with tiny numbers: every
// figure is there, and no message is missing. The figures themselves mean nothing here.
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { expect, it } from 'vitest'
import { measureClients, rowsOf } from '../src/kafka-client/index.ts'

it('measures kafkajs and @platformatic/kafka, and each handles all messages', async () => {
  const ways = ['kafkajs', 'consumer'] as const
  const durations = { idleSeconds: 0.2, steadySeconds: 0.5, holdSeconds: 0.2 }
  const sizes = { partitions: 4, few: 1, many: 2, messages: 200, memberEveryMs: 1, messageEveryMs: 50 }
  const results = await measureClients(kafkaBootstrap(), { ...sizes, ...durations, rounds: 1, ways, say: () => {} })
  for (const way of ways) expect(results.get(way)?.map(({ scaling }) => scaling.lost)).toEqual([0])
  const rows = rowsOf(results)
  expect(rows.map((row) => Object.keys(row))).toEqual(rows.map(() => ['kafka-client', ...ways]))
  expect(rows.flatMap((row) => Object.values(row)).filter((text) => /NaN|undefined|^$/.test(String(text)))).toEqual([])
})
