// Does npm run bench still work? Each of its comparisons runs once with tiny numbers: every way has
// a figure, and nothing that was accepted is missing. The figures themselves mean nothing here.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaBootstrap, kubeconfig, postgresUrl } from '@orderpipeline/cluster/testing'
import { until } from '@orderpipeline/stage/testing'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf } from '../src/operator/client.ts'
import { createNamespace } from '../src/operator/control-plane.ts'
import { makeDurable } from '../src/results/bullmq/redis.ts'
import { waysOf } from '../src/results/comparison.ts'
import type { Comparison, Ground } from '../src/results/comparison.ts'
import { environmentOn } from '../src/results/environment.ts'
import type { Environment } from '../src/results/environment.ts'
import { httpComparison } from '../src/results/http/index.ts'
import { measureResults } from '../src/results/index.ts'
import { intakeComparison } from '../src/results/intake.ts'
import { resultsPage } from '../src/results/markdown.ts'
import { monthTwoComparison } from '../src/results/month-two.ts'
import { operatorComparison } from '../src/results/operator.ts'
import { acceptComparison, shippedComparison } from '../src/results/saga.ts'

const few = { warmUp: 4, customers: 4, partitions: 2 }
const comparisons: readonly Comparison[] = [
  httpComparison({ connections: 4, warmUpSeconds: 0.1, seconds: 1.5, orders: 50, partitions: 2 }),
  intakeComparison({ orders: 200, waiting: 20, bareOrders: 1_000 }),
  shippedComparison({ ...few, orders: 20, latencyMs: 10 }),
  acceptComparison({ ...few, perSecond: 20, seconds: 0.5, latencyMs: 100 }),
  operatorComparison({ pipelines: 2 }),
  monthTwoComparison({ divisor: 400_000, orders: 100 }),
]

let dir = ''
let redis: OwnRedis | undefined
let environment: Environment

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-results-'))
  redis = await ownRedis()
  environment = await environmentOn(ground)
})
afterAll(async () => {
  await redis?.close()
  await rm(dir, { recursive: true, force: true })
})

/** The servers of the test run, which stay. */
const ground: Ground = {
  servers: () =>
    Promise.resolve({
      adminUrl: postgresUrl(),
      kafka: () => Promise.resolve(kafkaBootstrap()),
      redis: () => makeDurable(redis?.url ?? ''),
      close: () => Promise.resolve(),
    }),
  controlPlane: async () => {
    const namespace = `bench-${randomBytes(4).toString('hex')}`
    await createNamespace(kubeconfig(), namespace)
    await serviceAccountIn(namespace)
    const serverProcessor = () => Promise.resolve(0)
    return { kubeconfig: kubeconfig(), namespace, dir, serverProcessor, close: () => Promise.resolve() }
  },
}

/**
 * Here a controller manager runs: what it makes in a namespace is there before anything is counted.
 */
async function serviceAccountIn(namespace: string): Promise<void> {
  const client = await clientOf(kubeconfig(), 1)
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`
  const hasServiceAccount = () =>
    client.send('GET', path).then(
      () => true,
      () => false,
    )
  await until(hasServiceAccount).finally(() => client.close())
}

it.each(comparisons.map((comparison) => [comparison.name, comparison] as const))(
  'the comparison %s has a figure of every way and loses nothing, and a second call measures nothing again',
  { timeout: 600_000 }, // each way starts its own processes, and the machine may be busy
  async (name, comparison) => {
    const lines: string[] = []
    const options = {
      ...{ comparisons: [comparison], ground, pairs: 1, fresh: false, now: () => new Date() },
      ...{ commit: 'test', environment, signal: new AbortController().signal },
      ...{ file: join(dir, `${name}.jsonl`), say: (line: string) => void lines.push(line) },
    }
    const { failures, result } = await measureResults(options)
    expect(failures).toEqual([])
    const { runs } = result(comparison)
    expect(runs.map(({ way }) => way)).toEqual(waysOf(comparison).map((way) => way.name))
    for (const { value, accepted, present } of runs) {
      expect(value).toBeGreaterThan(0)
      expect(accepted).toBeGreaterThan(0)
      expect(present).toBe(accepted)
    }
    expect(resultsPage([{ comparison, runs }], environment)).toContain(comparison.title)
    expect(lines.at(0)).toMatch(/^\d runs, about /)

    lines.length = 0
    expect((await measureResults(options)).result(comparison).runs).toEqual(runs)
    expect(lines).toEqual(['all runs are there'])
  },
)
