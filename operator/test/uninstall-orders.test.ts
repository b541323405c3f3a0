// Does anything stay in Terminating, in whichever order the operator, a shop and their neighbours
// are uninstalled? On a real API server with its garbage collector. KEDA and the Topic Operator are
// here what matters of them: who sets their finalizers, and is gone at some point.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import type { ChildKind, KubeObject, OrderPipeline } from '../src/api/index.ts'
import { current, eventually, testEnvironment, patch, runOperator } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

const root = join(import.meta.dirname, '..', '..')
const kedaKinds = ['ScaledObject', 'TriggerAuthentication'] as const
const topicKinds = ['KafkaTopic'] as const

async function objectsOf(on: TestEnvironment, kinds: readonly ChildKind[]): Promise<KubeObject[]> {
  return (await Promise.all(kinds.map((kind) => on.kube.list(resourceOf(kind), { namespace: on.namespace })))).flat()
}

function resourceFor({ kind }: KubeObject) {
  return resourceOf(kind as ChildKind)
}

/** Sets its finalizer on objects of these kinds, removes it from deleted ones, until it ends. */
function neighbour(on: TestEnvironment, kinds: readonly ChildKind[], finalizer: string) {
  const ending = new AbortController()
  const attend = async (object: KubeObject): Promise<void> => {
    const { name, finalizers = [], deletionTimestamp } = object.metadata
    const has = finalizers.includes(finalizer)
    if (object.kind === 'KafkaTopic' && object.status === undefined)
      await patch(on, resourceFor(object), name, { status: { topicId: name } }, '/status')
    else if (has && deletionTimestamp !== undefined)
      await on.kube.setFinalizers(
        resourceFor(object),
        object,
        finalizers.filter((one) => one !== finalizer),
      )
    else if (!has && deletionTimestamp === undefined)
      await on.kube.setFinalizers(resourceFor(object), object, [...finalizers, finalizer])
  }
  const work = async (): Promise<void> => {
    for (; !ending.signal.aborted; await sleep(50))
      for (const object of await objectsOf(on, kinds)) await attend(object).catch(() => undefined) // was just changed
  }
  const working = work()
  return async () => {
    ending.abort()
    await working
  }
}

/** Runs a program of a chart's hook as in its pod, with the operator's own account. */
async function hook(on: TestEnvironment, file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'hook-'))
  try {
    const access = on.operatorAccess()
    const { hostname, port } = new URL(on.server)
    await writeFile(join(dir, 'ca.crt'), Buffer.from(access.getCurrentCluster()?.caData ?? '', 'base64'))
    await writeFile(join(dir, 'token'), access.getCurrentUser()?.token ?? '')
    const where = { SERVICE_ACCOUNT_DIR: dir, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
    const child = spawn(process.execPath, [join(root, file)], { env: { ...where, ...env }, stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(0)
  } finally {
    await rm(dir, { recursive: true })
  }
}

function pipelineIn({ namespace }: TestEnvironment): OrderPipeline {
  return {
    apiVersion: orderPipelines.apiVersion,
    kind: orderPipelines.kind,
    metadata: { name: 'shop', namespace },
    spec: {
      kafka: { strimziCluster: 'some' }, // there is no such Kafka, as when it was deleted with its release
      topics: [{ name: 'orders' }],
      stages: [
        {
          ...{ name: 'step', image: 'registry.example/step:1', consumes: [{ topic: 'orders' }] },
          scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 5 },
        },
      ],
      deletionPolicy: 'Delete',
    },
  }
}

type Release = 'KEDA and Strimzi' | 'the operator' | 'the shop'
const orders: readonly (readonly Release[])[] = [
  ['KEDA and Strimzi', 'the operator', 'the shop'],
  ['KEDA and Strimzi', 'the shop', 'the operator'],
  ['the operator', 'KEDA and Strimzi', 'the shop'],
  ['the operator', 'the shop', 'KEDA and Strimzi'],
  ['the shop', 'KEDA and Strimzi', 'the operator'],
  ['the shop', 'the operator', 'KEDA and Strimzi'],
]

describe('nothing stays in Terminating', { timeout: 240_000 }, () => {
  it.concurrent.each(orders.map((order) => ({ order, text: order.join(', then ') })))(
    'when $text is uninstalled',
    async ({ order }) => {
      const on = await testEnvironment()
      const endings = [
        neighbour(on, kedaKinds, 'finalizer.keda.sh'),
        neighbour(on, topicKinds, 'strimzi.io/topic-operator'),
      ]
      const operator = await runOperator(on, { heldMs: 1_000 }, {}, { topicOperator: false })
      await on.kube.create(orderPipelines, pipelineIn(on))
      await eventually('every object held by its neighbour', async () => {
        const [scaled, topics] = await Promise.all([objectsOf(on, ['ScaledObject']), objectsOf(on, topicKinds)])
        const allHaveFinalizers = [...scaled, ...topics].every(({ metadata }) => metadata.finalizers?.length === 1)
        return scaled.length === 1 && topics.length >= 2 && allHaveFinalizers
      })

      const variables = { HELD_NAMESPACE: on.namespace, HELD_SECONDS: '1', QUIET_SECONDS: '10' }
      const uninstall: Readonly<Record<Release, () => Promise<void>>> = {
        'KEDA and Strimzi': async () => {
          for (const end of endings) await end()
          // Its definitions go with KEDA's release, and every object of them.
          for (const object of await objectsOf(on, kedaKinds)) await on.kube.delete(resourceFor(object), object)
        },
        'the operator': async () => {
          await operator.stop()
          const { namespace } = on
          const own = { NAMESPACE: namespace, SELECTOR: 'app=none', WATCH_NAMESPACE: namespace }
          await hook(on, 'charts/orderpipeline-operator/files/release-pipelines.mjs', own)
          await hook(on, 'operator/deploy/release-held.mjs', variables)
        },
        'the shop': async () => {
          const pipeline = await current(on, 'shop')
          if (pipeline) await on.kube.delete(orderPipelines, pipeline)
          await hook(on, 'operator/deploy/release-held.mjs', { ...variables, HELD_PIPELINE: 'shop' })
        },
      }
      for (const release of order) await uninstall[release]()

      await eventually('the pipeline gone, with every object that a neighbour held', async () => {
        const remaining = await objectsOf(on, [...kedaKinds, ...topicKinds])
        return remaining.length === 0 && (await current(on, 'shop')) === undefined
      })
      await operator.stop()
    },
  )
})
