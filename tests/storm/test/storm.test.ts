// Does the storm itself work? A small one, with every kind of fault and its books; the long one is
// `npm run test:storm`.
import { expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { summary } from '../src/report.ts'
import { runStorm } from '../src/storm.ts'

test('after fifteen seconds of storm every order ends once and no quarantine stays', async () => {
  const outcome = await runStorm({
    ...{ minutes: 0.25, orders: 200, seed: 5, drainMinutes: 5 },
    ...{ postgresUrl: postgresUrl(), kafkaBootstrap: kafkaBootstrap(), partitions: 4, sampleEveryMs: 1_000 },
    onSample: () => undefined,
    onOutput: () => undefined,
    say: (line) => process.stderr.write(`${line}\n`),
  })
  process.stderr.write(`${summary(outcome)}\n`)
  expect(outcome.problems).toEqual([])
  expect(outcome.reckoning.audit.accepted).toBeGreaterThanOrEqual(200)
  expect(Object.keys(outcome.faults)).toEqual(expect.arrayContaining(['database slow', 'provider failing']))
}, 420_000)
