// What does Helm find in a cluster, and how does it handle it? order-platform is installed for real
// on an API server (no pods run), and questions that only a cluster can answer are tested there: is
// there a KEDA, a Kafka of another size, an older definition of OrderPipelines?
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { strimziCrds } from '../../src/backing/index.ts'
import { applyCrds } from '../../src/control-plane/crds.ts'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import { chart, neededValues, objectsOf, platformWithDependencies, podsOf, rendered, repository } from './helm.ts'
import type { KubeObject, Platform } from './helm.ts'

const namespace = 'install-under-test'
let platform: Platform
let dir: string

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const options = { timeoutMs: 60_000, ...(input !== undefined && { input }) }
  const { stdout } = await run(await ensureTool('kube'), ['kubectl', '--kubeconfig', kubeconfig(), ...args], options)
  return stdout
}

async function helm(...args: string[]): Promise<string> {
  const where = ['--kubeconfig', kubeconfig(), '--namespace', namespace]
  return (await run(await ensureTool('helm'), [...args, ...where], { timeoutMs: 120_000 })).stdout
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'install-'))
  platform = await platformWithDependencies()
  const crds = objectsOf(await strimziCrds()).filter(({ metadata }) => /^kafka(nodepool)?s\./.test(metadata.name))
  await applyCrds(await ensureTool('kube'), kubeconfig(), [
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: crds }),
  ])
  await kubectl(['create', 'namespace', namespace])
})
afterAll(async () => {
  await platform.remove()
  await rm(dir, { recursive: true })
})

describe('order-platform', () => {
  const upgrade = (...values: string[]) => upgradeWith([], ...values)
  const upgradeWith = (flags: readonly string[], ...values: string[]) => {
    // The API server of the tests has KEDA's definitions.
    const sets = ['kafka.replicas=1', 'keda.enabled=false', ...values].flatMap((value) => ['--set', value])
    return helm(
      'upgrade',
      '--install',
      'platform',
      platform.path,
      '--no-hooks',
      ...neededValues(platform.path),
      ...sets,
      ...flags,
    )
  }

  test('is installed from its packed dependencies, and upgraded without a change', async () => {
    expect(await upgrade()).toContain('STATUS: deployed')
    const created = await kubectl([
      '-n',
      namespace,
      'get',
      'orderpipeline,kafka,kafkanodepool,deployment,networkpolicy',
      '-o',
      'name',
    ])
    expect(created.trim().split('\n').sort()).toEqual([
      'deployment.apps/payment-provider',
      'deployment.apps/platform-orderpipeline-operator',
      'kafka.kafka.strimzi.io/shop-kafka',
      'kafkanodepool.kafka.strimzi.io/shop-kafka-all',
      'networkpolicy.networking.k8s.io/payment-provider',
      'networkpolicy.networking.k8s.io/platform-orderpipeline-operator',
      'networkpolicy.networking.k8s.io/shop-postgres',
      'orderpipeline.orderpipeline.dev/shop',
    ])
    const passwords = () =>
      kubectl([
        '-n',
        namespace,
        'get',
        'secret',
        'shop-postgres',
        'shop-postgres-admin',
        '-o',
        'jsonpath={.items[*].data}',
      ])
    const before = await passwords()
    expect(await upgrade()).toContain('STATUS: deployed')
    expect(await passwords()).toBe(before)
  })

  test('stops at fields of the pipeline that kubectl has changed, and overrides them with --force-conflicts', async () => {
    const stage = { name: 'payment', scaling: { minReplicas: 5, maxReplicas: 77, lagPerReplica: 60 } }
    const edited = {
      apiVersion: 'orderpipeline.dev/v1alpha1',
      kind: 'OrderPipeline',
      metadata: { name: 'shop', namespace },
      spec: { stages: [stage] },
    }
    await kubectl(
      ['apply', '--server-side', '--force-conflicts', '--field-manager=kubectl-edit', '-f', '-'],
      JSON.stringify(edited),
    )
    const most = () =>
      kubectl([
        '-n',
        namespace,
        'get',
        'orderpipeline',
        'shop',
        '-o',
        'jsonpath={.spec.stages[?(@.name=="payment")].scaling.maxReplicas}',
      ])
    expect(await most()).toBe('77')
    await expect(upgrade()).rejects.toThrow(/conflict with "kubectl-edit"/)
    expect(await most()).toBe('77')
    expect(await upgradeWith(['--force-conflicts'])).toContain('STATUS: deployed')
    expect(await most()).toBe('100')
  })

  test('refuses changes that Strimzi cannot make to a running Kafka, and names the previous value', async () => {
    await expect(upgrade('kafka.replicas=3')).rejects.toThrow(
      /kafka.replicas is 3, but the pool shop-kafka-all has 1 .* leave it at 1/,
    )
    await expect(upgrade('kafka.storage.type=ephemeral')).rejects.toThrow(
      /the running Kafka has persistent-claim, which cannot be changed/,
    )
  })

  test('is uninstalled, and installed again with the passwords of the retained data', async () => {
    const passwords = () => kubectl(['-n', namespace, 'get', 'secret', 'shop-postgres-admin', '-o', 'jsonpath={.data}'])
    const before = await passwords()
    await helm('uninstall', 'platform', '--no-hooks')
    expect(await passwords()).toBe(before)
    expect(await upgrade()).toContain('STATUS: deployed')
    expect(await passwords()).toBe(before)
  })

  test('refuses to create Secrets that another owner has, and names the value that disables the database', async () => {
    await expect(
      helm(
        'install',
        'another',
        platform.path,
        '--no-hooks',
        ...neededValues(platform.path),
        '--set',
        'keda.enabled=false,kafka.enabled=false',
      ),
    ).rejects.toThrow(
      'the Secret shop-postgres exists and is not of this release, so there is a database already: set postgresql.enabled=false',
    )
  })

  test('refuses to install KEDA if the cluster has it already, and names the value that disables it', async () => {
    await expect(upgrade('keda.enabled=true')).rejects.toThrow('the cluster has KEDA already: set keda.enabled=false')
  })
})

describe('the definition of OrderPipelines', () => {
  const name = 'orderpipelines.orderpipeline.dev'
  const file = join(repository, 'crds', 'orderpipelines.yaml')
  const describedAs = async () => {
    const crd = JSON.parse(await kubectl(['get', 'crd', name, '-o', 'json'])) as Definition
    return crd.spec.versions[0]?.schema.openAPIV3Schema.description
  }

  test('is upgraded before the release by the hook’s own program, with only the right to patch it', async () => {
    const current = parse(await readFile(file, 'utf8')) as Definition
    const older = structuredClone(current)
    const [version] = older.spec.versions
    if (version) version.schema.openAPIV3Schema.description = 'An older one.'
    const asHelm = ['--server-side', '--force-conflicts', '--field-manager=helm']
    await kubectl(['apply', ...asHelm, '-f', '-'], JSON.stringify(older))
    try {
      await expect(kubectl(['apply', '--server-side', '-f', file])).rejects.toThrow(/conflict/)
      await upgradeHook()
      expect(await describedAs()).toBe(current.spec.versions[0]?.schema.openAPIV3Schema.description)
      // Helm itself may continue with it, as it does in the next installation.
      await kubectl(['apply', '--server-side', '--field-manager=helm', '-f', '-'], JSON.stringify(older))
    } finally {
      await kubectl(['apply', ...asHelm, '-f', file])
    }
  })

  async function upgradeHook(): Promise<void> {
    const objects = await rendered(chart('orderpipeline-operator'), [], ['--namespace', namespace])
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-upgrade')
    expect(hooks.map(({ kind }) => kind).sort()).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'Job',
      'ServiceAccount',
    ])
    const { data } = hooks.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }
    const { account, env } = await asHook(hooks)
    const who = ['--as', `system:serviceaccount:${namespace}:${account}`]
    expect((await kubectl(['auth', 'can-i', 'delete', `crd/${name}`, ...who]).catch(() => 'no')).trim()).toBe('no')
    for (const [key, text] of Object.entries(data)) await writeFile(join(dir, key), text)
    const { stdout } = await run(process.execPath, [join(dir, 'apply-crd.mjs')], {
      env: { ...env, CRD_FILE: join(dir, 'crd.yaml'), CRD_NAME: name },
      timeoutMs: 60_000,
    })
    expect(stdout).toContain(`${name} is applied`)
  }
})

describe('the uninstallation of the operator', () => {
  const pipeline = (name: string, deletionPolicy: string) => ({
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name, namespace, finalizers: ['orderpipeline.dev/cleanup', 'example.com/another'] },
    spec: {
      kafka: { strimziCluster: 'some' },
      topics: [{ name: 'a' }],
      stages: [
        {
          name: 'x',
          image: 'x:1',
          consumes: [{ topic: 'a' }],
          scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 5 },
        },
      ],
      deletionPolicy,
    },
  })
  const finalizersOf = (name: string) =>
    kubectl(['-n', namespace, 'get', 'orderpipeline', name, '-o', 'jsonpath={.metadata.finalizers}'])

  test('removes only its own finalizer from deleted pipelines, unless retained topics would be deleted with them', async () => {
    const pipelines = [pipeline('waits', 'Delete'), pipeline('keeps', 'Retain')]
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pipelines }))
    await kubectl(['-n', namespace, 'delete', 'orderpipeline', 'waits', 'keeps', '--wait=false'])
    const objects = await rendered(chart('orderpipeline-operator'), [], ['--namespace', namespace])
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'post-delete')
    const { env } = await asHook(hooks)
    const [pod] = podsOf(hooks)
    const [container] = pod?.spec.initContainers ?? []
    const own = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value ?? '']))
    await run(process.execPath, container?.args ?? [], { env: { ...env, ...own }, timeoutMs: 60_000 })
    expect(await finalizersOf('waits')).toBe('["example.com/another"]')
    expect(await finalizersOf('keeps')).toBe('["orderpipeline.dev/cleanup","example.com/another"]')
    for (const name of ['waits', 'keeps'])
      await kubectl([
        '-n',
        namespace,
        'patch',
        'orderpipeline',
        name,
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":null}}',
      ])
  })
})

describe.each(['orderpipeline-operator', 'order-shop'])('the uninstallation of %s', (name) => {
  const terminatingObject = (kind: 'ScaledObject' | 'KafkaTopic', pipeline: string | undefined, more: object = {}) => {
    const ours =
      pipeline === undefined
        ? {}
        : { 'app.kubernetes.io/managed-by': 'orderpipeline', 'orderpipeline.dev/pipeline': pipeline }
    const isTopic = kind === 'KafkaTopic'
    const finalizers = [isTopic ? 'strimzi.io/topic-operator' : 'finalizer.keda.sh']
    return {
      ...(isTopic
        ? { apiVersion: 'kafka.strimzi.io/v1', spec: { partitions: 1 } }
        : {
            apiVersion: 'keda.sh/v1alpha1',
            spec: { scaleTargetRef: { name: 'x' }, triggers: [{ type: 'cron', metadata: {} }] },
          }),
      kind,
      metadata: { name: `held-${pipeline ?? 'strange'}`, namespace, labels: ours, finalizers, ...more },
    }
  }
  const remaining = async () =>
    (
      await kubectl([
        '-n',
        namespace,
        'get',
        'scaledobjects,kafkatopics',
        '-o',
        'jsonpath={range .items[*]}{.kind} {.metadata.name}{"\\n"}{end}',
      ])
    )
      .split('\n')
      .filter((line) => line.includes(' held-'))
      .sort()

  test('removes the finalizers of uninstalled neighbours, with no other right, and no other finalizer', async () => {
    const ofKafka = { 'strimzi.io/cluster': 'gone' }
    const topic = terminatingObject('KafkaTopic', 'shop')
    const items = [
      terminatingObject('ScaledObject', 'shop'),
      { ...topic, metadata: { ...topic.metadata, labels: { ...topic.metadata.labels, ...ofKafka } } },
      terminatingObject('ScaledObject', undefined),
    ]
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await kubectl([
      '-n',
      namespace,
      'delete',
      'scaledobject/held-shop',
      'kafkatopic/held-shop',
      'scaledobject/held-strange',
      '--wait=false',
    ])
    const hooks = (await rendered(chart(name), [], ['--namespace', namespace])).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'post-delete',
    )
    const { env } = await asHook(hooks)
    const container = podsOf(hooks)
      .flatMap(({ spec }) => spec.containers)
      .find((one) => one.name === 'release-held')
    const own = Object.fromEntries((container?.env ?? []).map((one) => [one.name, one.value ?? '']))
    const times = { HELD_SECONDS: '1', QUIET_SECONDS: '2' }
    await run(process.execPath, container?.args ?? [], { env: { ...env, ...own, ...times }, timeoutMs: 90_000 })
    expect(await remaining()).toEqual(['ScaledObject held-strange'])
    await kubectl([
      '-n',
      namespace,
      'patch',
      'scaledobject/held-strange',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ])
  })
})

describe('the uninstallation of the platform', () => {
  const topicFinalizer = 'strimzi.io/topic-operator'
  const topic = (name: string, kafka: string) => ({
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: { name, namespace, labels: { 'strimzi.io/cluster': kafka }, finalizers: [topicFinalizer] },
    spec: { partitions: 1 },
  })
  const scaledObject = (name: string, finalizer: string) => ({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace, finalizers: [finalizer] },
    spec: { scaleTargetRef: { name }, triggers: [{ type: 'cron', metadata: {} }] },
  })
  const remaining = async (kind: string) =>
    (
      await kubectl([
        '-n',
        namespace,
        'get',
        kind,
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.metadata.finalizers}{"\\n"}{end}',
      ])
    )
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .sort()
  const uninstalled = async (...values: string[]) => {
    const objects = await rendered(platform.path, values, ['--namespace', namespace])
    const hooks = objects.filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'post-delete' && metadata.name.endsWith('leftovers'),
    )
    const { env } = await asHook(hooks)
    const [container] = podsOf(hooks)[0]?.spec.containers ?? []
    const own = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value ?? '']))
    return async () =>
      (
        await run(process.execPath, container?.args ?? [], {
          env: { ...env, ...own, QUIET_SECONDS: '2' },
          timeoutMs: 90_000,
        })
      ).stdout
  }
  const deleting = (...names: string[]) => kubectl(['-n', namespace, 'delete', ...names, '--wait=false'])

  test('releases only the objects that KEDA and the Topic Operator can no longer finish', async () => {
    const items = [
      topic('gone', 'shop-kafka'),
      topic('kept', 'shop-kafka'),
      topic('others', 'another'),
      scaledObject('gone', 'finalizer.keda.sh'),
      scaledObject('kept', 'finalizer.keda.sh'),
      scaledObject('others', 'example.com/another'),
    ]
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await deleting('kafkatopic/gone', 'kafkatopic/others', 'scaledobject/gone', 'scaledobject/others')
    const output = await (await uninstalled())()
    expect(output).toContain('gone is held by finalizer.keda.sh no longer')
    expect(await remaining('kafkatopics')).toEqual(['kept', `others ["${topicFinalizer}"]`])
    expect(await remaining('scaledobjects')).toEqual(['kept ["finalizer.keda.sh"]', 'others ["example.com/another"]'])
    for (const each of ['kafkatopic/others', 'scaledobject/others', 'scaledobject/kept'])
      await kubectl(['-n', namespace, 'patch', each, '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
    await deleting('kafkatopic/kept', 'scaledobject/kept')
  })

  test('waits for the end of the Topic Operator, which would add its finalizer again, and ignores objects that stay', async () => {
    const operator = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop-kafka-entity-operator', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
      },
    }
    await kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [operator, topic('waits', 'shop-kafka'), scaledObject('stays', 'finalizer.keda.sh')],
      }),
    )
    await deleting('kafkatopic/waits', 'scaledobject/stays')
    const ends = (await uninstalled('keda.enabled=false'))()
    await sleep(3000)
    expect(await remaining('kafkatopics')).toEqual([`waits ["${topicFinalizer}"]`])
    await kubectl(['-n', namespace, 'delete', 'deployment', 'shop-kafka-entity-operator'])
    await ends
    expect(await remaining('kafkatopics')).toEqual([])
    expect(await remaining('scaledobjects')).toEqual(['stays ["finalizer.keda.sh"]'])
    await kubectl([
      '-n',
      namespace,
      'patch',
      'scaledobject/stays',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ])
  })
})

/**
 * Makes what a hook has in addition to its Job, and returns what its program finds as in a pod: the
 * account's token, and the address of the API server.
 */
async function asHook(hooks: readonly KubeObject[]): Promise<{ account: string; env: Record<string, string> }> {
  const account = hooks.find(({ kind }) => kind === 'ServiceAccount')?.metadata.name ?? ''
  const rights = hooks.filter(({ kind }) => kind !== 'Job' && kind !== 'ConfigMap')
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rights }))
  const { clusters } = parse(await readFile(kubeconfig(), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[]
  }
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0]?.cluster ?? {}
  await writeFile(join(dir, 'ca.crt'), Buffer.from(ca, 'base64'))
  await writeFile(join(dir, 'token'), await kubectl(['-n', namespace, 'create', 'token', account]))
  const { hostname, port } = new URL(server)
  return {
    account,
    env: { SERVICE_ACCOUNT_DIR: dir, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
  }
}

interface Definition {
  readonly spec: { readonly versions: { schema: { openAPIV3Schema: { description: string } } }[] }
}
