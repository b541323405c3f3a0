// Do the charts make what they should, for the values that people will set? Rendered by Helm; no cluster needed.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { chart, helm, objectsOf, only, platformWithStubs, podsOf, rendered, repository, type KubeObject, type Rule } from './helm.ts'

const read = async (path: string): Promise<unknown> => parse(await readFile(join(repository, path), 'utf8'))
const names = (objects: readonly KubeObject[], kind: string): string[] =>
  objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name)

describe('orderpipeline-operator', () => {
  const path = chart('orderpipeline-operator')

  test('grants exactly the rules that the operator lists, in the whole cluster, and none of them a wildcard', async () => {
    const rules = (await read('operator/deploy/rbac-rules.yaml')) as Record<'watched' | 'kafkaSecrets' | 'own', Rule[]>
    const objects = await rendered(path)
    expect(only(objects, 'ClusterRole').rules).toEqual([...rules.watched, ...rules.kafkaSecrets])
    expect(only(objects, 'Role').rules).toEqual(rules.own)
    expect(JSON.stringify(objects.map((object) => object.rules))).not.toContain('*')
  })

  test('grants nothing on Secrets where it is told not to, and no more than to get one elsewhere', async () => {
    const secrets = (await read('operator/deploy/rbac-rules.yaml')) as { kafkaSecrets: Rule[] }
    expect(secrets.kafkaSecrets).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])
    const objects = await rendered(path, ['kafkaSecrets.read=false'])
    expect(JSON.stringify(objects.map((object) => object.rules))).not.toContain('secrets')
  })

  test('with watchNamespace grants them there only, and nothing in the whole cluster', async () => {
    const objects = await rendered(path, ['watchNamespace=shops'])
    expect(objects.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([])
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'shops')
    const binding = objects.find(({ kind, metadata }) => kind === 'RoleBinding' && metadata.namespace === 'shops')
    const rules = (await read('operator/deploy/rbac-rules.yaml')) as { watched: Rule[]; kafkaSecrets: Rule[] }
    expect(role?.rules).toEqual([...rules.watched, ...rules.kafkaSecrets])
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: role?.metadata.name },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default' }],
    })
  })

  test('sets only variables that the operator reads, and the images it was given', async () => {
    const values = ['image.tag=abc', 'servicesImage.tag=def', 'env.WORKERS=8']
    const [pod] = podsOf(await rendered(path, values))
    const [container] = pod?.spec.containers ?? []
    const source = await readFile(join(repository, 'operator/src/config.ts'), 'utf8')
    for (const { name } of container?.env ?? []) expect(source).toContain(`  ${name}: `)
    expect(container).toMatchObject({ image: 'orderpipeline/operator:abc', args: ['/app/operator.mjs'] })
    expect(container?.env).toContainEqual({ name: 'SERVICES_IMAGE', value: 'orderpipeline/services:def' })
    expect(container?.env).toContainEqual({ name: 'WORKERS', value: '8' })
  })

  test('brings the CRD, the very file, in a package too', async () => {
    const crd = await readFile(join(repository, 'crds/orderpipelines.yaml'), 'utf8')
    expect((await helm('show', 'crds', path)).trim().replace(/^---\n/, '')).toBe(crd.trim())
    const { path: platform, remove } = await platformWithStubs()
    try {
      const printed = await helm('package', path, '--destination', platform)
      const archive = printed.trim().split(': ').at(-1) ?? ''
      expect((await helm('show', 'crds', archive)).trim().replace(/^---\n/, '')).toBe(crd.trim())
    } finally {
      await remove()
    }
  })

  test('has whoever uses the Prometheus operator scrape the operator and every pipeline, where it watches', async () => {
    const monitors = async (...values: string[]) =>
      (await rendered(path, values)).filter(({ kind }) => kind === 'PodMonitor') as (KubeObject & { spec: unknown })[]
    expect(await monitors()).toEqual([])
    const [own, pipelines] = await monitors('podMonitors.enabled=true', 'watchNamespace=shops', 'podMonitors.labels.team=ops')
    const { spec } = only(await rendered(path), 'Deployment')
    expect((own?.spec as { selector: unknown }).selector).toEqual(spec?.['selector'])
    expect(own?.metadata.labels).toMatchObject({ team: 'ops' })
    expect(pipelines?.spec).toMatchObject({ namespaceSelector: { matchNames: ['shops'] } })
  })

  test('has no object whose name depends on a random or a time, so that an upgrade without a change changes nothing', async () => {
    expect(await rendered(path)).toEqual(await rendered(path))
  })
})

describe('order-shop', () => {
  const path = chart('order-shop')

  test('makes the pipeline of examples/shop.yaml when nothing is set', async () => {
    const example = (await read('examples/shop.yaml')) as KubeObject
    const pipeline = only(await rendered(path), 'OrderPipeline')
    expect(pipeline.metadata.name).toBe(example.metadata.name)
    expect(pipeline.spec?.['stages']).toEqual(example.spec?.['stages'])
    expect(byName(pipeline.spec)).toEqual(byName(example.spec))
  })

  test('changes one stage, adds one and leaves one out without repeating the others', async () => {
    const own = 'stages.audit={"image":"audit:1","consumes":[{"topic":"orders.status"}],"scaling":{"minReplicas":1,"maxReplicas":2,"lagPerReplica":5}}'
    const objects = await rendered(path, ['stages.payment.scaling.maxReplicas=7', 'stages.notification=null'], ['--set-json', own])
    const stages = only(objects, 'OrderPipeline').spec?.['stages'] as { name: string; scaling: { maxReplicas: number } }[]
    expect(stages.map(({ name, scaling }) => [name, scaling.maxReplicas])).toEqual([
      ['orders', 100],
      ['inventory', 25],
      ['payment', 7],
      ['shipping', 20],
      ['audit', 2],
    ])
  })

  test('has the gateway ask of its callers what the values say, by variables that it reads', async () => {
    const objects = await rendered(path, [
      'authentication.algorithms={RS256,ES256}',
      'authentication.issuer=https://issuer.example',
      'authentication.audience=orders',
      'authentication.jwksUrl=https://issuer.example/keys',
      'authentication.secret.secretName=auth',
      'authentication.secret.key=secret',
      'limits.perCustomer=6000000',
      'limits.perAddress=600',
      'limits.trustedProxies={10.0.0.0/8,192.168.0.0/16}',
      'limits.redis.secretName=redis',
      'limits.redis.key=url',
      'readReplica.secretName=replica',
      'readReplica.key=url',
      'promiseSeconds=30',
      'gateway.env[0].name=LOG_LEVEL',
      'gateway.env[0].value=debug',
    ])
    const { env } = only(objects, 'OrderPipeline').spec?.['gateway'] as { env: { name: string; value?: string }[] }
    expect(env).toContainEqual({ name: 'AUTH_ALGORITHMS', value: 'RS256,ES256' })
    expect(env).toContainEqual({ name: 'AUTH_SECRET', secretKeyRef: { name: 'auth', key: 'secret' } })
    expect(env).toContainEqual({ name: 'DATABASE_REPLICA_URL', secretKeyRef: { name: 'replica', key: 'url' } })
    expect(env).toContainEqual({ name: 'RATE_LIMIT_PER_CUSTOMER', value: '6000000' })
    expect(env).toContainEqual({ name: 'PROMISE_SECONDS', value: '30' })
    expect(env.at(-1)).toEqual({ name: 'LOG_LEVEL', value: 'debug' })
    const files = ['config.ts', 'authentication/settings.ts', 'limits/settings.ts', 'queues/settings.ts']
    const sources = await Promise.all(files.map((file) => readFile(join(repository, 'services/gateway/src', file), 'utf8')))
    for (const { name } of env) expect(sources.join()).toContain(`  ${name}: `)
  })

  test('migrates before anything else is made or changed, and only the migration sees the administrator', async () => {
    const objects = await rendered(path)
    expect(only(objects, 'Job').metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' })
    expect(objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'])).toHaveLength(1)
    const knowing = objects.filter((object) => JSON.stringify(object).includes('shop-postgres-admin'))
    expect(knowing.map(({ kind }) => kind)).toEqual(['Job'])
  })

  test('names secrets and contains none', async () => {
    const objects = await rendered(path)
    expect(names(objects, 'Secret')).toEqual([])
    expect(JSON.stringify(objects)).not.toMatch(/postgres(ql)?:\/\//)
  })

  test('sets only variables that the programs read', async () => {
    for (const { name, spec } of podsOf(await rendered(path))) {
      const program = name === 'payment-provider' ? 'payment-provider' : 'migrate'
      const source = await readFile(join(repository, 'services', program, 'src/config.ts'), 'utf8')
      for (const variable of spec.containers[0]?.env ?? []) expect(source).toContain(`  ${variable.name}: `)
      expect(spec.containers[0]?.args).toEqual([`/app/${program}.mjs`])
    }
  })

  test('without migration and payment provider is the pipeline alone', async () => {
    const objects = await rendered(path, ['migration.enabled=false', 'paymentProvider.enabled=false'])
    expect(objects.map(({ kind }) => kind)).toEqual(['OrderPipeline'])
  })

  test.each([
    ['pipeline.name=UPPER', '/pipeline/name'],
    ['paymentProvider.declineRate=2', '/paymentProvider/declineRate'],
    ['paymentProvider.latencyMS=2', "additional properties 'latencyMS' not allowed"],
    ['authentication.algorithms={none}', '/authentication/algorithms/0'],
    ['limits.perCustomer=7', '/limits/perCustomer'],
    ['pipeline.deletionPolicy=Orphan', '/pipeline/deletionPolicy'],
    ['stages.payment.scaling=null', '/stages/payment'],
  ])('refuses %s and says where', async (value, where) => {
    await expect(rendered(path, [value])).rejects.toThrow(where)
  })
})

describe('order-platform', () => {
  let platform: Awaited<ReturnType<typeof platformWithStubs>>
  beforeAll(async () => {
    platform = await platformWithStubs()
  })
  afterAll(() => platform.remove())

  test('has a condition in its values for every dependency, and each a boolean', async () => {
    const { dependencies } = (await read('charts/order-platform/Chart.yaml')) as { dependencies: { name: string; condition: string }[] }
    const values = (await read('charts/order-platform/values.yaml')) as Record<string, { enabled?: unknown }>
    expect(dependencies.map(({ condition }) => condition)).toEqual(dependencies.map(({ name }) => `${name}.enabled`))
    for (const { name } of dependencies) expect(values[name]?.enabled).toBeTypeOf('boolean')
  })

  test('brings all parts, and each can be left out', async () => {
    const kinds = new Set((await rendered(platform.path)).map(({ kind }) => kind))
    for (const kind of ['Kafka', 'KafkaNodePool', 'OrderPipeline', 'ClusterRole', 'ConfigMap']) expect(kinds).toContain(kind)
    const off = ['orderpipeline-operator', 'order-shop', 'keda', 'strimzi-kafka-operator', 'kafka'].map((part) => `${part}.enabled=false`)
    expect(await rendered(platform.path, off)).toEqual([])
    const stubs = await rendered(platform.path, ['keda.enabled=false'])
    expect(names(stubs, 'ConfigMap')).toEqual(['stub-of-strimzi-kafka-operator'])
  })

  test('gives one broker one copy, and three brokers three of which two must have a message', async () => {
    const config = async (replicas: number): Promise<unknown> => {
      const kafka = only(await rendered(platform.path, [`kafka.replicas=${replicas}`]), 'Kafka')
      return (kafka.spec?.['kafka'] as { config: unknown }).config
    }
    expect(await config(1)).toMatchObject({ 'default.replication.factor': 1, 'min.insync.replicas': 1 })
    expect(await config(5)).toMatchObject({ 'default.replication.factor': 3, 'min.insync.replicas': 2 })
  })

  test('refuses an even number of controllers, and a pipeline that names another Kafka', async () => {
    await expect(rendered(platform.path, ['kafka.replicas=2'])).rejects.toThrow('their number must be odd')
    await expect(rendered(platform.path, ['kafka.name=other'])).rejects.toThrow('make them equal, or set kafka.enabled=false')
    await expect(rendered(platform.path, ['keda.enabled=maybe'])).rejects.toThrow('/keda/enabled')
  })
})

test('the Tiltfile speaks of folders, charts and workloads that there are', async () => {
  const tiltfile = await readFile(join(repository, 'Tiltfile'), 'utf8')
  const workloads: string[] = []
  for (const [, path = '', release = ''] of tiltfile.matchAll(/helm\('([^']+)', name = '([^']+)'/g)) {
    const objects = objectsOf(await helm('template', release, join(repository, path)))
    const made = objects.filter(({ kind }) => ['Deployment', 'Job', 'OrderPipeline'].includes(kind))
    workloads.push(...made.map(({ metadata }) => metadata.name))
  }
  const configured = [...tiltfile.matchAll(/k8s_resource\(\s*'([^']+)'/g)].map(([, name]) => name)
  expect(configured.sort()).toEqual(workloads.sort())
  for (const path of ['images/src', 'operator/src', 'services', 'images/Dockerfile', 'crds']) {
    expect(tiltfile).toContain(`'${path}'`)
    expect(existsSync(join(repository, path))).toBe(true)
  }
})

test.each(['orderpipeline-operator', 'order-shop'])('%s passes helm lint without a warning', async (name) => {
  expect(await helm('lint', '--strict', chart(name))).toContain('1 chart(s) linted, 0 chart(s) failed')
})

/** Lists of named things are maps in Kubernetes: their order says nothing. */
function byName(spec: Record<string, unknown> | undefined): unknown {
  const sorted = (list: unknown): unknown => [...(list as { name: string }[])].sort((a, b) => a.name.localeCompare(b.name))
  return { ...spec, topics: sorted(spec?.['topics']), stages: sorted(spec?.['stages']) }
}
