// What does lag that moves cost the operator? A look at the pipeline's figures, and the write of
// its status: no pass over the other objects, on a real API server.
import { expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { OrderPipeline } from '../src/api/index.ts'
import type { LagReader } from '../src/kafka/lag-reader.ts'
import { current, eventually, testEnvironment, makeReady, runOperator, settled } from './test-environment.ts'
import type { Running } from './test-environment.ts'

/** Passes so far, those over the figures apart from all others. */
async function passes({ port }: Running): Promise<{ readonly figures: number; readonly whole: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const counts = [...text.matchAll(/^orderpipeline_reconcile_total\{result="(\w+)"\} (\d+)$/gm)]
  const sum = (fits: (result: string) => boolean): number =>
    counts.reduce((total, [, result = '', count]) => total + (fits(result) ? Number(count) : 0), 0)
  return { figures: sum((result) => result === 'figures'), whole: sum((result) => result !== 'figures') }
}

it('writes lag that moves into the status without a pass over the other objects', async () => {
  const on = await testEnvironment()
  let lag = 0
  const reader: LagReader = {
    read: (queries) => {
      const offsets = (topic: string) => ({ topic, low: 0, high: lag, committed: 0 })
      return Promise.resolve(new Map(queries.map(({ group, topics }) => [group, topics.map(offsets)])))
    },
    close: () => Promise.resolve(),
  }
  const operator = await runOperator(
    on,
    { lagReaderFor: () => reader },
    { LAG_INTERVAL_SECONDS: '1', LAG_STATUS_SECONDS: '1', RESYNC_SECONDS: '3600' },
  )
  const { apiVersion, kind } = orderPipelines
  const pipeline: OrderPipeline = {
    ...{ apiVersion, kind, metadata: { name: 'shop', namespace: on.namespace } },
    spec: {
      kafka: { strimziCluster: 'some' },
      topics: [{ name: 'orders' }],
      stages: [
        {
          ...{ name: 'step', image: 'registry.example/step:1', consumes: [{ topic: 'orders' }] },
          scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 5 },
        },
      ],
    },
  }
  await on.kube.create(orderPipelines, pipeline)
  await eventually('ready, without lag', async () => {
    await makeReady(on)
    const { conditions, totals } = (await current(on, 'shop'))?.status ?? {}
    return totals?.lag === 0 && conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  })
  await settled(operator, 8_000) // the pods of a new version are looked at every five seconds
  const [before, writeCount] = [await passes(operator), operator.writes.length]
  for (const next of [100, 2_000, 30_000]) {
    lag = next
    await eventually(
      `a lag of ${next} in the status`,
      async () => (await current(on, 'shop'))?.status?.totals?.lag === next,
    )
  }
  // A pass is counted when it ends, after the server shows its write.
  await eventually('three passes over the figures', async () => (await passes(operator)).figures >= before.figures + 3)
  const after = await passes(operator)
  const writes = new Set(operator.writes.slice(writeCount))
  await operator.stop()
  expect({ whole: after.whole, writes: [...writes] }).toEqual({ whole: before.whole, writes: ['PATCH shop/status'] })
})
