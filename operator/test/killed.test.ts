// Does the operator reach the same end state when it is killed after any single write? It is cut
// off for good right after the API server has done the nth write, and a new one starts; whole
// objects are compared with those of an undisturbed run.
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { OrderPipeline } from '../src/api/index.ts'
import { endState, everyLook } from './end-state.ts'
import { current, edit, eventually, podsMade, testEnvironment, runOperator } from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'
import { proxyTo } from './fault-proxy.ts'
import type { Proxy } from './fault-proxy.ts'
import { quietTime } from './quiet-time.ts'

const atOnce = 6
const samePod = { POD_NAME: 'the-same-pod' }

const pipeline: Pick<OrderPipeline, 'spec'> = {
  spec: {
    kafka: { strimziCluster: 'shop-kafka' },
    gateway: {
      emits: [{ topic: 'orders.placed' }],
      scaling: { minReplicas: 2, maxReplicas: 6, cpuPercent: 70 },
      resources: { requests: { cpu: '100m' } },
    },
    topics: [{ name: 'orders.placed' }, { name: 'orders.status' }],
    stages: [
      {
        name: 'orders',
        consumes: [{ topic: 'orders.placed' }],
        emits: [{ topic: 'orders.status' }],
        scaling: { minReplicas: 2, maxReplicas: 10, lagPerReplica: 100 },
      },
      {
        name: 'notification',
        consumes: [{ topic: 'orders.status' }],
        scaling: { minReplicas: 1, maxReplicas: 4, lagPerReplica: 100 },
      },
    ],
  },
}

async function make({ kube, namespace }: TestEnvironment): Promise<void> {
  const { apiVersion, kind } = orderPipelines
  await kube.create(orderPipelines, { apiVersion, kind, metadata: { name: 'shop', namespace }, ...pipeline })
}

interface Scenario {
  readonly name: string
  /** The pipeline before the change. */
  readonly begin: (on: TestEnvironment) => Promise<void>
  readonly change: (on: TestEnvironment) => Promise<void>
}

const scenarios: readonly Scenario[] = [
  { name: 'a create', begin: () => Promise.resolve(), change: make },
  {
    name: 'a change of minimum and maximum',
    begin: make,
    change: (on) =>
      edit(on, 'shop', (spec) => ({
        ...spec,
        stages: spec.stages.map((stage) => ({
          ...stage,
          scaling: { ...stage.scaling, minReplicas: 2, maxReplicas: stage.scaling.maxReplicas - 1 },
        })),
      })),
  },
  {
    name: 'the removal of a stage',
    begin: make,
    change: (on) => edit(on, 'shop', (spec) => ({ ...spec, stages: spec.stages.slice(0, 1) })),
  },
  {
    // Without topics to delete there is nothing to do: owner references decide what is deleted.
    name: 'a delete of topics and all',
    begin: async (on) => {
      await make(on)
      await edit(on, 'shop', (spec) => ({ ...spec, deletionPolicy: 'Delete' }))
    },
    change: async (on) => {
      const live = await current(on, 'shop')
      if (live) await on.kube.delete(orderPipelines, live)
    },
  },
]

/**
 * Waits until nothing changes any more: the operator and the controllers of Kubernetes have
 * settled.
 */
async function atRest(on: TestEnvironment, proxy: Proxy): Promise<unknown[]> {
  const quietFor = quietTime()
  const look = async () => {
    if (proxy.dead()) return []
    const [state, made] = [await endState(on), await podsMade(on)]
    return quietFor(JSON.stringify([state, made, writesOf(proxy)])) > 1500 && made && state
  }
  return await eventually('at rest', look, everyLook)
}

/** On a busy machine nothing may change for a while although the work has not begun. */
function observed(on: TestEnvironment): Promise<boolean> {
  return eventually('observed', async () => {
    const pipeline = await current(on, 'shop')
    if (pipeline === undefined) return true
    const { generation, deletionTimestamp } = pipeline.metadata
    return deletionTimestamp === undefined && pipeline.status?.observedGeneration === generation
  })
}

function writesOf(proxy: Proxy): number {
  return proxy.passed.filter(({ writes }) => writes).length
}

interface Run {
  readonly on: TestEnvironment
  readonly proxy: Proxy
  readonly operator: Running
}

/** Starts an operator behind a proxy of its own, with the pipeline as it is before the change. */
async function startRun({ begin }: Scenario): Promise<Run> {
  const on = await testEnvironment()
  const proxy = await proxyTo(on.operatorAccess())
  const operator = await runOperator(on, { kubeConfig: on.operatorAccess(proxy.url) }, samePod)
  await eventually('synced', () => Promise.resolve(operator.synced()))
  await begin(on)
  if (await current(on, 'shop')) {
    await observed(on)
    await atRest(on, proxy)
  }
  return { on, proxy, operator }
}

async function runUndisturbed(scenario: Scenario): Promise<{ end: unknown[]; writes: number }> {
  const { on, proxy, operator } = await startRun(scenario)
  const before = writesOf(proxy)
  await scenario.change(on)
  await observed(on)
  const end = await atRest(on, proxy)
  const writes = writesOf(proxy) - before
  await operator.stop()
  await proxy.close()
  return { end, writes }
}

/** Returns the write after which the operator was cut off; undefined when it settled before. */
async function cutOff(scenario: Scenario, nth: number, end: unknown[]): Promise<string | undefined> {
  const { on, proxy, operator } = await startRun(scenario)
  const before = writesOf(proxy)
  proxy.inject(({ writes, index }) => (writes && index === before + nth - 1 ? { kind: 'lastBreath' } : undefined))
  await scenario.change(on)
  await eventually(`write ${nth}`, async () => proxy.dead() || isDeepStrictEqual(await atRest(on, proxy), end))
  const wasReached = proxy.dead()
  const last = proxy.passed.filter(({ writes }) => writes).at(-1)
  await operator.stop()
  const second = await runOperator(on, {}, samePod)
  let state: unknown[] = []
  const isSame = async () => isDeepStrictEqual((state = await endState(on)), end)
  await eventually('the same end', isSame, everyLook).catch(() => {
    expect(state, `after write ${nth} of ${scenario.name}`).toEqual(end)
  })
  await second.stop()
  await proxy.close()
  return wasReached ? `${last?.method} ${last?.path.split('/').slice(6).join('/')}` : undefined
}

describe('an operator that is killed after each single write', () => {
  it.each(scenarios)(
    'of $name reaches the state of one that was not killed',
    { timeout: 600_000 },
    async (scenario) => {
      const { end, writes } = await runUndisturbed(scenario)
      const nths = Array.from({ length: writes }, (_, index) => index + 1)
      const cutOffs: (string | undefined)[] = []
      const worker = async (): Promise<void> => {
        for (let nth = nths.shift(); nth !== undefined; nth = nths.shift())
          cutOffs.push(await cutOff(scenario, nth, end))
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
      const reachedWrites = cutOffs.filter((last) => last !== undefined)
      process.stderr.write(`${scenario.name}: killed after each of ${reachedWrites.length} writes, same end state\n`)
      // The last writes of a status count replicas and may come as one or two, so not every run has
      // the same number of them.
      expect(reachedWrites.length).toBeGreaterThanOrEqual(writes - 3)
      expect(reachedWrites.length).toBeGreaterThanOrEqual(3)
    },
  )
})
