// Does a real API server accept what the charts render? Every object is sent to it (a dry run
// stores none), and every pod must pass the restricted Pod Security Standard.
import { beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { strimziCrds } from '../../src/backing/index.ts'
import { applyCrds } from '../../src/control-plane/crds.ts'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import { chart, objectsOf, platformWithDependencies, podsOf, rendered } from './helm.ts'
import type { KubeObject } from './helm.ts'

const namespace = 'charts-under-test'

async function kubectl(args: readonly string[], input?: unknown): Promise<string> {
  const options = { timeoutMs: 60_000, ...(input === undefined ? {} : { input: JSON.stringify(input) }) }
  const { stdout } = await run(await ensureTool('kube'), ['kubectl', '--kubeconfig', kubeconfig(), ...args], options)
  return stdout
}

function list(items: readonly unknown[]): unknown {
  return { apiVersion: 'v1', kind: 'List', items }
}

beforeAll(async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } })
  const crds = objectsOf(await strimziCrds()).filter(({ metadata }) => /^kafka(nodepool|user)?s\./.test(metadata.name))
  await applyCrds(await ensureTool('kube'), kubeconfig(), [JSON.stringify(list(crds))])
  await kubectl(['-n', namespace, 'wait', '--for=create', 'serviceaccount/default', '--timeout=30s'])
})

const charts: readonly [string, () => Promise<KubeObject[]>][] = [
  [
    'orderpipeline-operator',
    () => rendered(chart('orderpipeline-operator'), ['metricsService.enabled=true'], ['-n', namespace]),
  ],
  [
    'orderpipeline-operator in one namespace',
    () => rendered(chart('orderpipeline-operator'), [`watchNamespace=${namespace}`], ['-n', namespace]),
  ],
  [
    'orderpipeline-operator with its console',
    () =>
      rendered(
        chart('orderpipeline-operator'),
        [
          'console.enabled=true',
          'console.ingress.enabled=true',
          'console.ingress.host=a.example.com',
          `console.namespaces={${namespace}}`,
        ],
        ['-n', namespace],
      ),
  ],
  ['order-shop', () => rendered(chart('order-shop'), [], ['-n', namespace])],
  [
    'order-shop for a small cluster',
    () =>
      rendered(
        chart('order-shop'),
        ['gateway.scaling.minReplicas=1', 'stages.payment.scaling.maxReplicas=9', 'stages.notification=null'],
        ['-n', namespace],
      ),
  ],
  [
    'order-shop with an Ingress, and its migration beside',
    () =>
      rendered(
        chart('order-shop'),
        ['migration.when=beside', 'ingress.enabled=true', 'ingress.host=a.example.com', 'ingress.className=nginx'],
        ['-n', namespace],
      ),
  ],
  ['the Kafka of order-platform', () => platformOf(isKafka)],
  [
    'the Kafka of order-platform for trying out',
    () => platformOf(isKafka, ['kafka.storage.type=ephemeral', 'kafka.replicas=1']),
  ],
  [
    'the Kafka of order-platform with a user',
    () =>
      platformOf(
        isKafka,
        ['kafka.secured=true'],
        ['--set-json', `order-shop.kafka.listener=${JSON.stringify(listener)}`],
      ),
  ],
  [
    'PostgreSQL and Valkey of order-platform',
    () => platformOf(({ metadata }) => /^shop-(postgres|valkey)/.test(metadata.name), valkey),
  ],
]

describe.each(charts)('%s', (_name, objects) => {
  test('is accepted by the API server, without an unknown field', async () => {
    const items = await objects()
    const answer = await kubectl(
      ['-n', namespace, 'create', '--dry-run=server', '--validate=strict', '-f', '-'],
      list(items),
    )
    expect(answer.trim().split('\n')).toHaveLength(items.length)
  })

  test('creates only pods that meet the restricted standard', async () => {
    const pods = podsOf(await objects()).map(({ name, spec }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { ...spec, serviceAccountName: 'default' },
    }))
    for (const pod of pods) await kubectl(['-n', namespace, 'create', '--dry-run=server', '-f', '-'], pod)
  })
})

test('a pod that does not meet the restricted standard is refused by this API server', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'root' },
    spec: { containers: [{ name: 'root', image: 'x' }] },
  }
  await expect(kubectl(['-n', namespace, 'create', '--dry-run=server', '-f', '-'], pod)).rejects.toThrow(
    'violates PodSecurity',
  )
})

function isKafka({ kind }: KubeObject): boolean {
  return kind.startsWith('Kafka')
}
const listener = { port: 9093, tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', username: 'shop', secretName: 'shop' } }
const valkey = [
  'valkey.enabled=true',
  'order-shop.limits.redis.secretName=shop-valkey',
  'order-shop.limits.redis.key=url',
]

async function platformOf(
  select: (object: KubeObject) => boolean,
  values: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<KubeObject[]> {
  const { path, remove } = await platformWithDependencies()
  try {
    return (await rendered(path, values, ['-n', namespace, ...flags])).filter(select)
  } finally {
    await remove()
  }
}
