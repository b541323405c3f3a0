// Does the real KEDA connect to a Kafka that requires a client certificate, with the objects that
// the operator creates? `npm run test:keda`, after `npm run up`, which builds KEDA.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  inProcessHost,
  installedKeda,
  kedaOperatorProcess,
  persistedPorts,
  securedKafka,
  startLightCluster,
} from '@orderpipeline/cluster/testing'
import { resourceOf } from '../src/api/index.ts'
import type { OrderPipeline, Resource, ScaledObject } from '../src/api/index.ts'
import { desired } from '../src/pipeline/index.ts'
import { child, eventually, testEnvironment } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

const keda = installedKeda()
const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }
const autoscalers: Resource = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
}
function encoded(text: string) {
  return Buffer.from(text).toString('base64')
}

describe('KEDA, with a Kafka that requires a client certificate', { timeout: 180_000 }, () => {
  let dir: string
  let on: TestEnvironment
  let host: ReturnType<typeof inProcessHost>
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'keda-'))
    host = inProcessHost(join(dir, 'processes'))
    const { kubeconfigPath: kubeconfig } = await startLightCluster(host, join(dir, 'cluster'), {
      crds: [keda.definitions],
    })
    on = await testEnvironment(true, kubeconfig)
    const ports = persistedPorts(join(dir, 'ports.json'))
    const own = [await ports.port('keda-probes'), await ports.port('keda-metrics')] as const
    await host.start(await kedaOperatorProcess(keda, { kubeconfig, dir: join(dir, 'certificates'), ports: own }))
  }, 240_000)
  afterAll(async () => {
    await host?.close()
    if (dir) await rm(dir, { recursive: true, force: true })
  })

  /** Creates the objects of a stage that consumes one topic there, without running its pods. */
  const createObjects = async (name: string, tls: object): Promise<void> => {
    const { mutual } = securedKafka()
    const pipeline = {
      apiVersion: 'orderpipeline.dev/v1alpha1',
      kind: 'OrderPipeline',
      metadata: { name, namespace: on.namespace, uid: 'u' },
      spec: {
        kafka: {
          external: { bootstrapServers: mutual.bootstrapServers, tls: { ca: { secretName: 'kafka' }, ...tls } },
        },
        topics: [{ name: 'a' }],
        stages: [
          {
            name: 'x',
            image: 'x:1',
            consumes: [{ topic: 'a' }],
            scaling: { minReplicas: 1, maxReplicas: 3, lagPerReplica: 5 },
          },
        ],
      },
    } as OrderPipeline
    for (const object of desired(pipeline, [], {
      servicesImage: 's:1',
      imagePullPolicy: 'Never',
      serviceDomain: 'svc',
    })) {
      const { ownerReferences: _owner, ...metadata } = object.metadata
      await on.kube.apply(resourceOf(object.kind), { ...object, metadata })
    }
  }
  const ready = (name: string, expected: string) =>
    eventually(
      `ScaledObject ${name} Ready ${expected}`,
      async () => {
        const scaledObject = (await child(on, 'ScaledObject', `${name}-x`)) as ScaledObject | undefined
        const { conditions = [] } = (scaledObject?.status ?? {}) as {
          conditions?: { type: string; status: string; message?: string }[]
        }
        const condition = conditions.find(({ type }) => type === 'Ready')
        return condition?.status === expected && condition
      },
      { withinMs: 120_000 },
    )

  it('connects with the certificate and key of the Secret, and not without them', async () => {
    const { ca, mutual } = securedKafka()
    const { certificate, key } = mutual.client
    const data = { 'ca.crt': encoded(ca), 'user.crt': encoded(certificate), 'user.key': encoded(key) }
    await on.kube.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kafka', namespace: on.namespace },
      data,
    } as never)
    await createObjects('with', { certificateAndKey: { secretName: 'kafka' } })
    await createObjects('without', {})
    await ready('with', 'True')
    expect(await on.kube.get(autoscalers, on.namespace, 'keda-hpa-with-x')).toBeDefined()
    expect((await ready('without', 'False')).message).toMatch(/certificate|tls|EOF|broken pipe|reset/i)
  })
})
