// Do the charts render what they should, for the values that people will set? Rendered by Helm; no
// cluster needed.
import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  chart,
  helm,
  installed,
  neededValues,
  objectsOf,
  only,
  platformWithDependencies,
  podsOf,
  rendered,
  repository,
} from './helm.ts'
import type { KubeObject, Rule } from './helm.ts'

async function read(path: string): Promise<unknown> {
  return parse(await readFile(join(repository, path), 'utf8'))
}
function names(objects: readonly KubeObject[], kind: string): string[] {
  return objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name)
}

describe('orderpipeline-operator', () => {
  const path = chart('orderpipeline-operator')

  test('grants exactly the rules that the operator lists, in the whole cluster, and no wildcard', async () => {
    const rules = (await read('operator/deploy/rbac-rules.yaml')) as Record<'watched' | 'kafkaSecrets' | 'own', Rule[]>
    const objects = await rendered(path)
    const bound = only(
      objects.filter(({ metadata }) => !metadata.annotations),
      'ClusterRoleBinding',
    ) as KubeObject & { roleRef: { name: string } }
    const role = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === bound.roleRef.name)
    expect(role?.rules).toEqual([...rules.watched, ...rules.kafkaSecrets])
    expect(
      only(
        objects.filter(({ metadata }) => !metadata.annotations),
        'Role',
      ).rules,
    ).toEqual(rules.own)
    expect(JSON.stringify(objects.map((object) => object.rules))).not.toContain('*')
  })

  test('grants no right on Secrets if kafkaSecrets.read is false, and only get otherwise', async () => {
    const secrets = (await read('operator/deploy/rbac-rules.yaml')) as { kafkaSecrets: Rule[] }
    expect(secrets.kafkaSecrets).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])
    const objects = await rendered(path, ['kafkaSecrets.read=false'])
    expect(JSON.stringify(objects.map((object) => object.rules))).not.toContain('secrets')
  })

  test('with watchNamespace grants rights only in that namespace', async () => {
    const all = await rendered(path, ['watchNamespace=shops'])
    expect(all.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([])
    const objects = all.filter(({ metadata }) => !metadata.annotations)
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'shops')
    const binding = objects.find(({ kind, metadata }) => kind === 'RoleBinding' && metadata.namespace === 'shops')
    const rules = (await read('operator/deploy/rbac-rules.yaml')) as { watched: Rule[]; kafkaSecrets: Rule[] }
    expect(role?.rules).toEqual([...rules.watched, ...rules.kafkaSecrets])
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: role?.metadata.name },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default' }],
    })
  })

  test('sets only variables that the operator reads, and the images of the values', async () => {
    const values = ['image.tag=abc', 'servicesImage.tag=def', 'env.WORKERS=8']
    const [pod] = podsOf(await rendered(path, values))
    const [container] = pod?.spec.containers ?? []
    const source = await readFile(join(repository, 'operator/src/config.ts'), 'utf8')
    for (const { name } of container?.env ?? []) expect(source).toContain(`  ${name}: `)
    expect(container).toMatchObject({ image: 'orderpipeline/operator:abc', args: ['/app/operator.mjs'] })
    expect(container?.env).toContainEqual({ name: 'SERVICES_IMAGE', value: 'orderpipeline/services:def' })
    expect(container?.env).toContainEqual({ name: 'WORKERS', value: '8' })
    const labelled = await rendered(path, ['alerts.labels.release=prometheus', 'alerts.labels.team=ops'])
    const rules = { name: 'PROMETHEUS_RULE_LABELS', value: 'release=prometheus,team=ops' }
    expect(podsOf(labelled)[0]?.spec.containers[0]?.env).toContainEqual(rules)
  })

  test('pins an image by its digest, and refuses values without an image', async () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
    const [pod] = podsOf(await rendered(path, [`image.digest=${digest}`]))
    expect(pod?.spec.containers[0]).toMatchObject({ image: `orderpipeline/operator@${digest}` })
    await expect(rendered(path, ['servicesImage.repository='])).rejects.toThrow(
      'servicesImage.repository is empty: build the images',
    )
  })

  test('keeps a replica while nodes are drained, spreads replicas, and admits traffic to two ports by their numbers', async () => {
    const objects = await rendered(path)
    const { selector } = only(objects, 'Deployment').spec as { selector: unknown }
    expect(only(objects, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1, selector })
    expect(podsOf(objects)[0]?.spec).toMatchObject({
      topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: selector }],
    })
    expect(only(objects, 'NetworkPolicy').spec).toMatchObject({
      podSelector: selector,
      ingress: [8080, 8081].map((port) => ({ ports: [{ protocol: 'TCP', port }] })),
    })
    expect(names(await rendered(path, ['replicas=1']), 'PodDisruptionBudget')).toEqual([])
  })

  test('has a Service for KEDA and passes its URL to the operator, unless flowScaler is disabled', async () => {
    const objects = await rendered(path)
    expect(names(objects, 'Service')).toEqual(['trial-orderpipeline-operator-scaler'])
    const { spec } = only(objects, 'Service')
    expect(spec).toMatchObject({ ports: [{ port: 8081, targetPort: 'flow-scaler' }] })
    const [container] = podsOf(objects)[0]?.spec.containers ?? []
    const value = 'http://trial-orderpipeline-operator-scaler.default.svc:8081'
    expect(container?.env).toContainEqual({ name: 'FLOW_SCALER_URL', value })
    const without = await rendered(path, ['flowScaler.enabled=false'])
    expect(names(without, 'Service')).toEqual([])
    expect(JSON.stringify(without)).not.toMatch(/FLOW_SCALER|8081/)
  })

  test('extends the roles view, edit and admin to the pipelines of a namespace', async () => {
    const verbs = async (role: string, resource = 'orderpipelines') => {
      const roles = (await rendered(path)).filter(
        ({ metadata }) => metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`] === 'true',
      )
      const rules = roles.flatMap((one) => one.rules ?? []).filter(({ resources }) => resources?.includes(resource))
      return rules.flatMap((rule) => rule.verbs).sort()
    }
    expect(await verbs('view')).toEqual(['get', 'list', 'watch'])
    expect(await verbs('edit')).toEqual([
      'create',
      'delete',
      'deletecollection',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ])
    expect(await verbs('admin')).toEqual(await verbs('edit'))
    // In the console: dead letters, their messages, and orders.
    expect(await verbs('view', 'orderpipelines/deadletters')).toEqual(['get'])
    expect([await verbs('view', 'orderpipelines/payloads'), await verbs('view', 'orderpipelines/orders')]).toEqual([
      [],
      [],
    ])
    for (const role of ['edit', 'admin']) {
      expect(await verbs(role, 'orderpipelines/deadletters')).toEqual(['create', 'delete', 'get'])
      expect(await verbs(role, 'orderpipelines/payloads')).toEqual(['get'])
      expect(await verbs(role, 'orderpipelines/orders')).toEqual(['delete', 'get', 'update'])
    }
    expect(
      names(await rendered(path, ['aggregateRoles=false']), 'ClusterRole').filter((name) => name.endsWith('-edit')),
    ).toEqual([])
  })

  test('renders the extra objects', async () => {
    const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-more' } }
    const objects = await rendered(path, [], ['--set-json', `extraObjects=[${JSON.stringify(extra)}]`])
    expect(names(objects, 'ConfigMap')).toContain('trial-more')
  })

  test('contains the very file of the CRD, also as a package', async () => {
    const crd = await readFile(join(repository, 'crds/orderpipelines.yaml'), 'utf8')
    expect((await helm('show', 'crds', path)).trim().replace(/^---\n/, '')).toBe(crd.trim())
    const { path: platform, remove } = await platformWithDependencies()
    try {
      const printed = await helm('package', path, '--destination', platform)
      const archive = printed.trim().split(': ').at(-1) ?? ''
      expect((await helm('show', 'crds', archive)).trim().replace(/^---\n/, '')).toBe(crd.trim())
    } finally {
      await remove()
    }
  })

  test('has PodMonitors of the operator and every pipeline in the watched namespaces', async () => {
    const monitors = async (...values: string[]) =>
      (await rendered(path, values)).filter(({ kind }) => kind === 'PodMonitor') as (KubeObject & { spec: unknown })[]
    expect(await monitors()).toEqual([])
    const [own, pipelines] = await monitors(
      'podMonitors.enabled=true',
      'watchNamespace=shops',
      'podMonitors.labels.team=ops',
    )
    const { spec } = only(await rendered(path), 'Deployment')
    expect((own?.spec as { selector: unknown }).selector).toEqual(spec?.['selector'])
    expect(own?.metadata.labels).toMatchObject({ team: 'ops' })
    // Its metrics have a label namespace of their own, which a Prometheus would rename otherwise.
    expect(own?.spec).toMatchObject({ podMetricsEndpoints: [{ honorLabels: true }] })
    expect(pipelines?.spec).toMatchObject({ namespaceSelector: { matchNames: ['shops'] } })
  })

  test('has no object name with a random number or a time, so that an upgrade without a change changes nothing', async () => {
    expect(await rendered(path)).toEqual(await rendered(path))
  })

  test('has alerts that link to the runbooks, with templates for Prometheus in their texts', async () => {
    expect((await rendered(path)).filter(({ kind }) => kind === 'PrometheusRule')).toEqual([])
    const values = [
      'alerts.enabled=true',
      'alerts.labels.release=prometheus',
      'alerts.runbooks=https://runbooks.example/order',
    ]
    const { metadata, spec } = only(await rendered(path, values), 'PrometheusRule') as KubeObject & {
      readonly spec: {
        readonly groups: readonly { readonly rules: readonly { readonly annotations: Record<string, string> }[] }[]
      }
    }
    expect(metadata.labels).toMatchObject({ release: 'prometheus' })
    const annotations = spec.groups.flatMap(({ rules }) => rules.map((rule) => rule.annotations))
    expect(annotations.length).toBeGreaterThan(20)
    for (const { runbook_url: url } of annotations)
      expect(url).toMatch(/^https:\/\/runbooks\.example\/order#orderpipeline[a-z]+$/)
    expect(annotations.some(({ summary = '' }) => summary.includes('{{ $labels.stage }}'))).toBe(true)
  })

  test('has each dashboard in a ConfigMap that Grafana finds by its label', async () => {
    const objects = await rendered(path, ['dashboards.enabled=true'])
    const maps = objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')
    const files = await readdir(join(path, 'files/dashboards'))
    expect(files.length).toBeGreaterThan(4)
    expect(maps.map(({ kind }) => kind)).toEqual(files.map(() => 'ConfigMap'))
    for (const map of maps as readonly (KubeObject & { readonly data: Record<string, string> })[])
      for (const text of Object.values(map.data)) expect(JSON.parse(text)).toMatchObject({ tags: ['orderpipeline'] })
  })
})

describe('order-shop', () => {
  const path = chart('order-shop')

  /** What turns the shop of a local cluster into one without development services. */
  const withoutDevServices = [
    'devServices.enabled=false',
    'authentication.mode=none',
    'authentication.algorithms=null',
    ...['issuer', 'audience', 'jwksUrl', 'staffScope'].map((name) => `authentication.${name}=`),
    'limits.perCustomer=null',
  ]

  test('creates the pipeline of examples/shop.yaml with the values for a local cluster without development services', async () => {
    const example = (await read('examples/shop.yaml')) as KubeObject
    const local = ['--values', join(path, 'values-local.yaml'), '--set-json', 'gateway.env=[]']
    const pipeline = only(await rendered(path, withoutDevServices, local), 'OrderPipeline')
    expect(pipeline.metadata.name).toBe(example.metadata.name)
    expect(pipeline.spec?.['stages']).toEqual(example.spec?.['stages'])
    const { image, ...spec } = pipeline.spec ?? {}
    expect(byName(spec)).toEqual(byName(example.spec))
    const migration = only(installed(await rendered(path, withoutDevServices, local)), 'Job')
    expect(JSON.stringify(podsOf([migration]))).toContain(`"image":${JSON.stringify(image)}`)
  })

  test('gives the shop of a local cluster an issuer, a mail catcher and a trace collector, and wires its parts to them', async () => {
    const local = ['--values', join(path, 'values-local.yaml')]
    const objects = await rendered(path, ['authentication.mode='], local)
    const spec = only(objects, 'OrderPipeline').spec as {
      gateway: { env: { name: string; value: string }[] }
      stages: { name: string; env: { name: string; value: string }[] }[]
    }
    const gateway = Object.fromEntries(spec.gateway.env.map(({ name, value }) => [name, value]))
    expect(gateway).toMatchObject({
      AUTH_ALGORITHMS: 'RS256',
      AUTH_ISSUER: 'http://dev-services:8080',
      AUTH_JWKS_URL: 'http://dev-services:8080/jwks',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://dev-services:8080',
    })
    expect(gateway).not.toHaveProperty('AUTH')
    for (const { name, env } of spec.stages) {
      const names = env.map((variable) => variable.name)
      expect(names, name).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
      expect(names.includes('SMTP_URL'), name).toBe(name === 'notification')
    }
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'dev-services')
    expect(service?.spec?.['type'] ?? 'ClusterIP').toBe('ClusterIP')
    const program = only(
      objects.filter(({ metadata }) => metadata.name === 'dev-services'),
      'Deployment',
    )
    const key = only(
      objects.filter(({ metadata }) => metadata.name === 'dev-services'),
      'Secret',
    ) as KubeObject & { readonly data: Record<string, string> }
    const pem = Buffer.from(key.data['issuer-key'] ?? '', 'base64').toString()
    expect(createPrivateKey(pem).asymmetricKeyDetails?.modulusLength).toBe(2_048)
    expect(JSON.stringify(program)).not.toContain(pem.slice(100, 160))
  })

  test('brings no issuer, and sends no traces, unless the values say so', async () => {
    const text = JSON.stringify(await rendered(path))
    expect(text).not.toContain('dev-services')
    expect(text).not.toContain('OTEL_')
    const older = await rendered(path, ['devServices=null', 'tracing=null']) // values of a release before they were there
    expect(JSON.stringify(older)).not.toContain('OTEL_')
  })

  test('keeps what a stage sets itself', async () => {
    const sets = [
      'devServices.enabled=true',
      'stages.notification.env[0].name=SMTP_URL',
      'stages.notification.env[0].value=smtp://mine:25',
    ]
    const { stages } = only(await rendered(path, sets), 'OrderPipeline').spec as {
      stages: { name: string; env: { name: string; value: string }[] }[]
    }
    const notification = stages.find(({ name }) => name === 'notification')?.env ?? []
    expect(notification.filter(({ name }) => name === 'SMTP_URL')).toEqual([
      { name: 'SMTP_URL', value: 'smtp://mine:25' },
    ])
  })

  test('passes pull secrets, users and template to the pods of the pipeline, and validates them as the CRD does', async () => {
    const sets = [
      'imagePullSecrets[0].name=pull',
      'pipeline.template.imagePullSecrets={own}',
      'pipeline.template.labels.team=shop',
      'pipeline.suspension.drainDeadlineSeconds=30',
      'pipeline.slo.gateway.availability.objective=99',
      'clusterAssignsUsers=true',
    ]
    const pipeline = only(await rendered(path, sets), 'OrderPipeline')
    expect(pipeline.spec).toMatchObject({
      suspension: { drainDeadlineSeconds: 30 },
      slo: { gateway: { availability: { objective: 99 } } },
    })
    expect(pipeline.spec?.['template']).toEqual({
      imagePullSecrets: ['own', 'pull'],
      labels: { team: 'shop' },
      securityContext: {},
    })
    expect(only(await rendered(path), 'OrderPipeline').spec).not.toHaveProperty('template')
    await expect(rendered(path, ['pipeline.template.lables.team=shop'])).rejects.toThrow(/lables/)
  })

  test('changes, adds and removes one stage without repeating the others', async () => {
    const own =
      'stages.audit={"image":"audit:1","consumes":[{"topic":"orders.status"}],"scaling":{"minReplicas":1,"maxReplicas":2,"lagPerReplica":5}}'
    const objects = await rendered(
      path,
      ['stages.payment.scaling.maxReplicas=7', 'stages.notification=null'],
      ['--set-json', own],
    )
    const maxima = (of: readonly KubeObject[]) =>
      (only(of, 'OrderPipeline').spec?.['stages'] as { name: string; scaling: { maxReplicas: number } }[]).map(
        ({ name, scaling }): [string, number] => [name, scaling.maxReplicas],
      )
    const usual = maxima(await rendered(path))
    expect(usual).toContainEqual(['shipping', 20])
    const others = usual.filter(([name]) => name !== 'notification')
    expect(maxima(objects)).toEqual([
      ...others.map(([name, max]) => [name, name === 'payment' ? 7 : max]),
      ['audit', 2],
    ])
  })

  test('enables stock events by a value, as examples/shop-stock.yaml does, but without the warehouse', async () => {
    interface Stage {
      readonly name: string
      readonly consumes: { topic: string }[]
      readonly emits?: { topic: string }[]
      readonly env?: unknown[]
    }
    const example = ((await read('examples/shop-stock.yaml')) as KubeObject).spec as {
      stages: Stage[]
      topics: { name: string }[]
    }
    const { stages, topics } = only(await rendered(path, ['stockEvents.enabled=true']), 'OrderPipeline')
      .spec as typeof example
    const [deliveries, of] = [
      'warehouse.deliveries',
      (all: readonly Stage[], name: string) => all.find((stage) => stage.name === name),
    ]
    const original = of(example.stages, 'inventory')!
    expect(of(stages, 'inventory')).toEqual({
      ...original,
      consumes: original.consumes.filter(({ topic }) => topic !== deliveries),
    })
    expect(of(stages, 'orders')).toEqual(of(example.stages, 'orders'))
    expect(topics.map(({ name }) => name).sort()).toEqual(
      example.topics
        .map(({ name }) => name)
        .filter((name) => name !== deliveries)
        .sort(),
    )
    const own = [
      'stockEvents.enabled=true',
      'stockEvents.lowBelow=7',
      'stages.inventory.env[0].name=LOG_LEVEL',
      'stages.inventory.env[0].value=debug',
    ]
    const changedSpec = only(await rendered(path, own), 'OrderPipeline').spec as typeof example
    expect(of(changedSpec.stages, 'inventory')?.env).toEqual([
      { name: 'INVENTORY_STOCK_EVENTS', value: 'on' },
      { name: 'INVENTORY_LOW_STOCK_BELOW', value: '7' },
      { name: 'LOG_LEVEL', value: 'debug' },
    ])
    await expect(rendered(path, ['stockEvents.lowBelow=0'])).rejects.toThrow('/stockEvents/lowBelow')
  })

  test('adds the topics of refunds and chargebacks where they are on, as the example has them', async () => {
    interface Part {
      readonly name?: string
      readonly consumes?: { topic: string }[]
      readonly emits?: { topic: string }[]
      readonly env?: { name: string }[]
    }
    const example = ((await read('examples/shop-refunds.yaml')) as KubeObject).spec as {
      gateway: Part
      stages: Part[]
      topics: { name: string }[]
    }
    const spec = async (values: string[]) => only(await rendered(path, values), 'OrderPipeline').spec as typeof example
    const { gateway, stages, topics } = await spec(['refunds.enabled=true'])
    expect(gateway.emits).toEqual(example.gateway.emits)
    const topicsOf = ({ name, consumes, emits }: Part) => ({ name, consumes, emits })
    expect(stages.map(topicsOf)).toEqual(example.stages.map(topicsOf))
    const names = (of: { name: string }[]) => of.map(({ name }) => name).sort()
    expect(names(topics)).toEqual(names(example.topics))
    const both = await spec(['refunds.enabled=true', 'stockEvents.enabled=true'])
    const orders = both.stages.find(({ name }) => name === 'orders')
    expect(orders?.consumes?.map(({ topic }) => topic).slice(-2)).toEqual(['inventory.stock', 'payment.adjusted'])
    expect((await spec([])).topics.map(({ name }) => name)).not.toContain('orders.refunds')
    const withMails = await spec(['refunds.enabled=true', 'devServices.enabled=true'])
    const notification = withMails.stages.find(({ name }) => name === 'notification')
    expect(notification?.consumes).toContainEqual({ topic: 'payment.adjusted' })
    expect(notification?.env?.map(({ name }) => name)).toContain('SMTP_URL')
  })

  test('connects shipping to the carrier of the values, or to the simulated one, and to none by default', async () => {
    const shipping = async (...values: string[]) => {
      const objects = await rendered(path, values)
      const { stages } = only(objects, 'OrderPipeline').spec as { stages: { name: string; env?: unknown[] }[] }
      const carriers = names(objects, 'Deployment').filter((name) => name === 'simulated-carrier')
      return { env: stages.find(({ name }) => name === 'shipping')?.env, carriers: carriers.length }
    }
    expect(await shipping()).toEqual({ env: undefined, carriers: 0 })
    expect(await shipping('carrier.simulated.enabled=true')).toEqual({
      env: [
        { name: 'CARRIER_URL', value: 'http://simulated-carrier:8080' },
        { name: 'CARRIER_LOOK_SECONDS', value: '10' },
      ],
      carriers: 1,
    })
    const token = ['carrier.token.secretName=swift', 'carrier.token.key=token']
    expect(await shipping('carrier.url=https://swift.example', ...token)).toEqual({
      env: [
        { name: 'CARRIER_URL', value: 'https://swift.example' },
        { name: 'CARRIER_TOKEN', secretKeyRef: { name: 'swift', key: 'token' } },
      ],
      carriers: 0,
    })
    await expect(rendered(path, ['carrier.url=swift.example'])).rejects.toThrow('/carrier/url')
  })

  test('configures the gateway’s authentication from the values, with variables that it reads', async () => {
    const objects = await rendered(path, [
      'authentication.mode=',
      'authentication.algorithms={RS256,ES256}',
      'authentication.issuer=https://issuer.example',
      'authentication.audience=orders',
      'authentication.jwksUrl=https://issuer.example/keys',
      'authentication.customerClaim=https://shop.example/customer',
      'authentication.staffScope=shop.staff',
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
    expect(env).toContainEqual({ name: 'AUTH_JWKS_URL', value: 'https://issuer.example/keys' })
    expect(env).toContainEqual({ name: 'AUTH_CUSTOMER_CLAIM', value: 'https://shop.example/customer' })
    expect(env).toContainEqual({ name: 'AUTH_STAFF_SCOPE', value: 'shop.staff' })
    expect(env).toContainEqual({ name: 'DATABASE_REPLICA_URL', secretKeyRef: { name: 'replica', key: 'url' } })
    expect(env).toContainEqual({ name: 'RATE_LIMIT_PER_CUSTOMER', value: '6000000' })
    expect(env).toContainEqual({ name: 'PROMISE_SECONDS', value: '30' })
    expect(env.at(-1)).toEqual({ name: 'LOG_LEVEL', value: 'debug' })
    const files = ['config.ts', 'authentication/settings.ts', 'limits/settings.ts', 'queues/settings.ts']
    const sources = await Promise.all(
      files.map((file) => readFile(join(repository, 'services/gateway/src', file), 'utf8')),
    )
    for (const { name } of env) expect(sources.join()).toContain(`  ${name}: `)
  })

  const withSecret = ['issuer=i', 'audience=a', 'algorithms={HS256}', 'secret.secretName=auth', 'secret.key=secret']
  const authentication = (values: readonly string[]) =>
    rendered(
      path,
      ['mode=', ...values].map((value) => `authentication.${value}`),
    )

  test('refuses a gateway without a choice of authentication, in an upgrade too, and accepts a choice in the values or its env', async () => {
    const unsetMode = 'authentication.mode='
    for (const flags of [[], ['--is-upgrade']])
      await expect(rendered(path, [unsetMode], flags)).rejects.toThrow(
        /authentication is not set, .* or authentication.mode=none where that is intended/,
      )
    const env = async (...values: string[]) =>
      (
        (only(await rendered(path, values), 'OrderPipeline').spec?.['gateway'] ?? {}) as {
          env?: { name: string; value?: string }[]
        }
      ).env ?? []
    expect(await env('authentication.mode=none')).toEqual([{ name: 'AUTH', value: 'none' }])
    const own = ['gateway.env[0].name=AUTH', 'gateway.env[0].value=none']
    expect(await env(unsetMode, ...own)).toEqual([{ name: 'AUTH', value: 'none' }])
    expect(await env(unsetMode, 'gateway.env[0].name=AUTH_ALGORITHMS', 'gateway.env[0].value=RS256')).toHaveLength(1)
    // A user's own program authenticates its callers itself, and without a gateway there are none.
    expect(await env(unsetMode, 'gateway.image=mine:1')).toEqual([])
    expect(await env(unsetMode, 'gateway=null')).toEqual([])
    await expect(
      rendered(path, [unsetMode, 'gateway.image=mirror/services:1', 'gateway.builtIn=true']),
    ).rejects.toThrow('authentication is not set')
    await expect(rendered(path, ['authentication.mode=none', 'authentication.issuer=i'])).rejects.toThrow(
      'remove one or the other',
    )
    await expect(rendered(path, ['authentication.mode=off'])).rejects.toThrow('/authentication/mode')
  })

  test('has the gateway verify tokens with a shared secret that it reads from a Secret', async () => {
    const { env } = only(await authentication(withSecret), 'OrderPipeline').spec?.['gateway'] as { env: unknown[] }
    expect(env).toContainEqual({ name: 'AUTH_SECRET', secretKeyRef: { name: 'auth', key: 'secret' } })
  })

  test.each([
    [withSecret.slice(0, 3), 'authentication.secret is empty: HS256 needs'],
    [withSecret.slice(1), 'authentication.issuer is empty'],
    [['issuer=i'], 'authentication.algorithms is empty'],
    [[...withSecret, 'jwksUrl=https://issuer.example/keys'], 'authentication.jwksUrl is set: HS256 takes'],
    [[...withSecret, 'algorithms={HS256,RS256}'], 'one kind of key, never both'],
    [['issuer=i', 'audience=a', 'algorithms={ES256}'], 'authentication.jwksUrl is empty'],
  ])('refuses incomplete authentication, %j, with which no gateway starts', async (values, message) => {
    await expect(authentication(values)).rejects.toThrow(message)
  })

  test('is reachable inside the cluster only, and has no products, by default', async () => {
    const objects = await rendered(path)
    expect(only(objects, 'OrderPipeline').spec?.['gateway']).toMatchObject({ service: { type: 'ClusterIP' } })
    const [migration] = podsOf(objects).filter(({ name }) => name === 'shop-migration')
    expect(migration?.spec.containers[0]?.env).toContainEqual({ name: 'SEED_PRODUCTS', value: '0' })
  })

  test('warns in its notes about a gateway without authentication, and not about one with tokens', async () => {
    const notes = async (...values: string[]) => {
      const sets = values.flatMap((value) => ['--set', value])
      return helm('install', 'trial', path, '--dry-run=client', ...neededValues(path), ...sets)
    }
    expect(await notes()).toMatch(/WARNING: the gateway does not authenticate its callers:/)
    expect(await notes('gateway.service.type=NodePort')).toMatch(
      /type NodePort is open to every client that reaches the nodes/,
    )
    expect(await notes(...['mode=', ...withSecret].map((value) => `authentication.${value}`))).not.toContain('WARNING')
  })

  const exposed = [
    'ingress.enabled=true',
    'ingress.host=orders.example.com',
    'httpRoute.enabled=true',
    'httpRoute.parentRefs[0].name=public',
  ]

  test('exposes the gateway with TLS by an Ingress or an HTTPRoute, and by neither by default', async () => {
    const objects = await rendered(path, [...exposed, 'pipeline.name=store'])
    expect(only(objects, 'Ingress').spec).toMatchObject({
      tls: [{ hosts: ['orders.example.com'] }],
      rules: [
        {
          host: 'orders.example.com',
          http: { paths: [{ backend: { service: { name: 'store-gateway', port: { number: 8080 } } } }] },
        },
      ],
    })
    expect(only(objects, 'HTTPRoute').spec).toMatchObject({
      parentRefs: [{ name: 'public' }],
      rules: [{ backendRefs: [{ name: 'store-gateway', port: 8080 }] }],
    })
    expect((await rendered(path)).filter(({ kind }) => ['Ingress', 'HTTPRoute'].includes(kind))).toEqual([])
  })

  test.each([
    [['ingress.enabled=true'], 'ingress.host is empty'],
    [['httpRoute.enabled=true'], 'httpRoute.parentRefs is empty'],
    [[...exposed, 'gateway=null'], 'gateway is null'],
  ])('refuses an Ingress or HTTPRoute without a target, %j', async (values, message) => {
    await expect(rendered(path, values)).rejects.toThrow(message)
  })

  test('allows traffic to the two ports of the payment provider, by number, from the clients of the values', async () => {
    const from = ['paymentProvider.networkPolicy.from[0].podSelector.matchLabels.app=x']
    const { spec } = only(await rendered(path, from), 'NetworkPolicy')
    const { selector } = only(await rendered(path), 'Deployment').spec as { selector: unknown }
    expect(spec).toMatchObject({
      podSelector: selector,
      ingress: [{ ports: [{ port: 8080 }, { port: 9090 }], from: [{ podSelector: { matchLabels: { app: 'x' } } }] }],
    })
    expect(names(await rendered(path, ['paymentProvider.networkPolicy.enabled=false']), 'NetworkPolicy')).toEqual([])
  })

  test('lets the pods of the pipeline connect to DNS, to the pods of the release and to what the values name', async () => {
    const egress = [
      'egress.enabled=true',
      'egress.to[0].ports[0].port=9092',
      'egress.to[0].to[0].ipBlock.cidr=10.20.0.0/16',
      'pipeline.name=store',
      'paymentProvider.networkPolicy.enabled=false',
    ]
    const { spec } = only(await rendered(path, egress), 'NetworkPolicy')
    expect(spec).toMatchObject({
      podSelector: { matchLabels: { 'orderpipeline.dev/pipeline': 'store' } },
      policyTypes: ['Egress'],
    })
    expect((spec as { egress: unknown[] }).egress).toMatchObject([
      {
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
      { to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/instance': 'trial' } } }] },
      { ports: [{ port: 9092 }], to: [{ ipBlock: { cidr: '10.20.0.0/16' } }] },
    ])
    expect(names(await rendered(path, ['paymentProvider.networkPolicy.enabled=false']), 'NetworkPolicy')).toEqual([])
    await expect(rendered(path, ['egress.enabled=true'])).rejects.toThrow('egress.to is empty')
  })

  test('migrates in parallel with a database of the same release, and before an upgrade', async () => {
    const job = async (...flags: string[]) =>
      only(installed(await rendered(path, ['migration.when=beside'], flags)), 'Job').metadata
    expect(await job()).toMatchObject({ name: expect.stringMatching(/^shop-migration-[0-9a-f]{8}$/) as string })
    expect((await job()).annotations).toBeUndefined()
    expect((await job('--set', 'image.tag=next')).name).not.toBe((await job()).name)
    expect(await job('--is-upgrade')).toMatchObject({
      name: 'shop-migration',
      annotations: { 'helm.sh/hook': 'pre-install,pre-upgrade' },
    })
  })

  test('accepts a Strimzi listener with a user, as in the CRD', async () => {
    const listener = { port: 9093, tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', username: 'shop', secretName: 'shop' } }
    const objects = await rendered(path, [], ['--set-json', `kafka.listener=${JSON.stringify(listener)}`])
    expect(only(objects, 'OrderPipeline').spec?.['kafka']).toEqual({ strimziCluster: 'shop-kafka', listener })
  })

  test('accepts an external Kafka instead of that of Strimzi', async () => {
    const kafka = only(await rendered(path, ['kafka.external.bootstrapServers=b:9092']), 'OrderPipeline').spec?.[
      'kafka'
    ]
    expect(kafka).toEqual({ external: { bootstrapServers: 'b:9092' } })
  })

  test('migrates before other objects are created or changed, and only the migration gets the administrator’s URL', async () => {
    const objects = installed(await rendered(path))
    expect(only(objects, 'Job').metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' })
    const hooks = objects.flatMap(({ metadata }) => metadata.annotations?.['helm.sh/hook'] ?? [])
    expect(hooks.sort()).toEqual(['pre-install,pre-upgrade', 'test'])
    const knowing = objects.filter((object) => JSON.stringify(object).includes('shop-postgres-admin'))
    expect(knowing.map(({ kind }) => kind)).toEqual(['Job'])
  })

  test('references Secrets and contains none', async () => {
    const objects = await rendered(path)
    expect(names(objects, 'Secret')).toEqual([])
    expect(JSON.stringify(objects)).not.toMatch(/postgres(ql)?:\/\//)
  })

  test('sets only variables that the programs read', async () => {
    const objects = installed(await rendered(path))
    for (const { name, spec } of podsOf(objects)) {
      const program = name === 'payment-provider' ? 'payment-provider' : 'migrate'
      const own = await readFile(join(repository, 'services', program, 'src/config.ts'), 'utf8')
      const shared = own.includes('...databaseVariables') ? 'packages/config/src/database-variables.ts' : undefined
      const source = own + (shared ? await readFile(join(repository, shared), 'utf8') : '')
      for (const variable of spec.containers[0]?.env ?? []) expect(source).toContain(`  ${variable.name}: `)
      expect(spec.containers[0]?.args).toEqual([`/app/${program}.mjs`])
    }
  })

  test('is only the pipeline without migration and payment provider', async () => {
    const objects = await rendered(path, ['migration.enabled=false', 'paymentProvider.enabled=false'])
    const lasting = objects.filter(({ metadata }) => !metadata.annotations?.['helm.sh/hook'])
    expect(lasting.map(({ kind }) => kind)).toEqual(['OrderPipeline'])
  })

  test.each([
    ['pipeline.name=UPPER', '/pipeline/name'],
    ['paymentProvider.declineRate=2', '/paymentProvider/declineRate'],
    ['paymentProvider.latencyMS=2', "additional properties 'latencyMS' not allowed"],
    ['authentication.algorithms={none}', '/authentication/algorithms/0'],
    ['limits.perCustomer=7', '/limits/perCustomer'],
    ['pipeline.deletionPolicy=Orphan', '/pipeline/deletionPolicy'],
    ['stages.payment.scaling=null', '/stages/payment'],
    [
      'stages.payment.scaling.maxReplica=5',
      "at '/stages/payment/scaling': additional properties 'maxReplica' not allowed",
    ],
    ['stages.payment.scaling.maxReplicas=abc', "at '/stages/payment/scaling/maxReplicas': got string, want integer"],
    ['topics.orders\\.placed.partition=3', "additional properties 'partition' not allowed"],
    ['kafka.external.bootstrapServer=b:9092', "additional properties 'bootstrapServer' not allowed"],
    ['image.repository=', 'image.repository is empty: build the images, push them to a registry of your own'],
    ['image.digest=sha256:abc', '/image/digest'],
  ])('refuses %s and says where', async (value, where) => {
    await expect(rendered(path, [value])).rejects.toThrow(where)
  })
})

describe('order-platform', () => {
  let platform: Awaited<ReturnType<typeof platformWithDependencies>>
  beforeAll(async () => {
    platform = await platformWithDependencies()
  })
  afterAll(() => platform.remove())

  test('has a boolean condition in its values for every dependency', async () => {
    const { dependencies } = (await read('charts/order-platform/Chart.yaml')) as {
      dependencies: { name: string; condition: string }[]
    }
    const values = (await read('charts/order-platform/values.yaml')) as Record<string, { enabled?: unknown }>
    expect(dependencies.map(({ condition }) => condition)).toEqual(dependencies.map(({ name }) => `${name}.enabled`))
    for (const { name } of dependencies) expect(values[name]?.enabled).toBeTypeOf('boolean')
  })

  test('contains all subcharts, and each can be disabled', async () => {
    const kinds = new Set((await rendered(platform.path)).map(({ kind }) => kind))
    for (const kind of ['Kafka', 'KafkaNodePool', 'OrderPipeline', 'ClusterRole', 'ConfigMap'])
      expect(kinds).toContain(kind)
    const off = ['orderpipeline-operator', 'order-shop', 'keda', 'strimzi-kafka-operator', 'kafka', 'postgresql'].map(
      (part) => `${part}.enabled=false`,
    )
    expect(await rendered(platform.path, off)).toEqual([])
    const stubs = names(await rendered(platform.path, ['keda.enabled=false']), 'ConfigMap')
    expect(stubs.filter((name) => name.startsWith('stub'))).toEqual(['stub-of-strimzi-kafka-operator'])
  })

  test('configures one copy for one broker, and for three brokers three copies of which two must have a message', async () => {
    const config = async (replicas: number): Promise<unknown> => {
      const kafka = only(await rendered(platform.path, [`kafka.replicas=${replicas}`]), 'Kafka')
      return (kafka.spec?.['kafka'] as { config: unknown }).config
    }
    expect(await config(1)).toMatchObject({ 'default.replication.factor': 1, 'min.insync.replicas': 1 })
    expect(await config(5)).toMatchObject({ 'default.replication.factor': 3, 'min.insync.replicas': 2 })
  })

  test('refuses an even number of controllers, and a pipeline that names another Kafka', async () => {
    await expect(rendered(platform.path, ['kafka.replicas=2'])).rejects.toThrow('their number must be odd')
    await expect(rendered(platform.path, ['kafka.name=other'])).rejects.toThrow(
      'make them equal, or set kafka.enabled=false',
    )
    await expect(rendered(platform.path, ['keda.enabled=maybe'])).rejects.toThrow('/keda/enabled')
    await expect(rendered(platform.path, ['order-shop.kafka.external.bootstrapServers=b:9092'])).rejects.toThrow(
      'set kafka.enabled=false',
    )
  })

  test('refuses a name of Kafka that is too long for Strimzi’s pods', async () => {
    const valuesOfLength = (length: number) =>
      ['kafka.name', 'order-shop.kafka.strimziCluster'].map((value) => `${value}=${'k'.repeat(length)}`)
    await expect(rendered(platform.path, valuesOfLength(29))).rejects.toThrow('/kafka/name')
    expect(names(await rendered(platform.path, valuesOfLength(28)), 'Kafka')).toEqual(['k'.repeat(28)])
  })

  const cnpg = ['--api-versions', 'postgresql.cnpg.io/v1/Cluster']
  const postgres = async (values: readonly string[] = [], flags: readonly string[] = []) =>
    (await rendered(platform.path, values, flags))
      .filter(({ metadata }) => metadata.name === 'shop-postgres')
      .map(({ kind }) => kind)
      .sort()

  test('creates PostgreSQL with CloudNativePG if its API is served, otherwise one pod for development, or none', async () => {
    expect(await postgres()).toEqual(['NetworkPolicy', 'Secret', 'Service', 'StatefulSet'])
    expect(await postgres([], cnpg)).toEqual(['Cluster', 'NetworkPolicy', 'Secret'])
    expect(await postgres(['postgresql.mode=standalone'], cnpg)).toEqual([
      'NetworkPolicy',
      'Secret',
      'Service',
      'StatefulSet',
    ])
    expect(await postgres(['postgresql.createSecrets=false'])).not.toContain('Secret')
    expect(await postgres(['postgresql.enabled=false'])).toEqual([])
  })

  test('lets a commit wait for a standby of CloudNativePG, and for none when number is 0', async () => {
    const synchronous = async (...values: string[]) => {
      const { postgresql } = only(await rendered(platform.path, values, cnpg), 'Cluster').spec as {
        postgresql: Record<string, unknown>
      }
      return postgresql['synchronous']
    }
    expect(await synchronous()).toEqual({ method: 'any', number: 1, dataDurability: 'required' })
    // The only standby may be away for a restart, which must not stop the shop.
    expect(await synchronous('postgresql.instances=2')).toEqual({
      method: 'any',
      number: 1,
      dataDurability: 'preferred',
    })
    expect(await synchronous('postgresql.instances=2', 'postgresql.synchronous.dataDurability=required')).toMatchObject(
      { dataDurability: 'required' },
    )
    expect(await synchronous('postgresql.synchronous.number=2')).toEqual({
      method: 'any',
      number: 2,
      dataDurability: 'preferred',
    })
    expect(await synchronous('postgresql.instances=1', 'postgresql.synchronous.number=0')).toBeUndefined()
  })

  test('refuses to wait for more standbys than there are, and says which numbers fit', async () => {
    const refused = 'postgresql.synchronous.number is 1, but of postgresql.instances=1 one is the primary'
    await expect(rendered(platform.path, ['postgresql.instances=1'], cnpg)).rejects.toThrow(refused)
    await expect(rendered(platform.path, ['postgresql.synchronous.number=3'], cnpg)).rejects.toThrow(
      'a number of at most 2',
    )
    await expect(rendered(platform.path, ['postgresql.synchronous.dataDurability=some'], cnpg)).rejects.toThrow(
      '/postgresql/synchronous/dataDurability',
    )
    expect(names(await rendered(platform.path, ['postgresql.instances=1']), 'StatefulSet')).toEqual(['shop-postgres'])
  })

  test('passes the URLs of its database to migration and services, and keeps them with the data', async () => {
    for (const [flags, host] of [
      [[], 'shop-postgres'],
      [cnpg, 'shop-postgres-rw'],
    ] as const) {
      const objects = await rendered(platform.path, [], flags)
      const secrets = objects.filter(({ kind }) => kind === 'Secret') as (KubeObject & {
        stringData: Record<string, string>
      })[]
      expect(secrets.map(({ metadata }) => metadata.name).sort()).toEqual(['shop-postgres', 'shop-postgres-admin'])
      for (const { metadata, stringData } of secrets) {
        expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' })
        const { username, password } = stringData
        expect(password).toMatch(/^[A-Za-z0-9]{32}$/)
        expect(stringData['url']).toBe(`postgres://${username}:${password}@${host}:5432/shop`)
      }
    }
  })

  test.each([
    [['order-shop.migration.when=before'], 'would wait for a database that is created after it: set it to beside'],
    [['order-shop.authentication.mode='], 'authentication is not set'],
    [['order-shop.database.secretName=mine'], 'order-shop.database.secretName is mine'],
    [['postgresql.maxConnections=100'], 'more than postgresql.maxConnections, which is 100'],
    [['valkey.enabled=true'], 'order-shop.limits.redis.secretName is "": set it to shop-valkey'],
    [['kafka.secured=true'], 'kafka.secured is true, so the pipeline needs a user: --set-json'],
    [['postgresql.mode=some'], '/postgresql/mode'],
  ])('refuses values that contradict each other, %j, and says which value to set', async (values, message) => {
    await expect(rendered(platform.path, values)).rejects.toThrow(message)
  })

  test('allows only a Kafka user with rights on the pipeline’s own topics and groups, with the values of its error message', async () => {
    const refusal = await rendered(platform.path, ['kafka.secured=true']).then(() => '', String)
    const [, value = ''] = /--set-json '([^']+)'/.exec(refusal) ?? []
    const objects = await rendered(platform.path, ['kafka.secured=true'], ['--set-json', value])
    const { listeners, authorization } = only(objects, 'Kafka').spec?.['kafka'] as {
      listeners: { port: number }[]
      authorization: unknown
    }
    expect(listeners).toEqual([
      { name: 'tls', port: 9093, type: 'internal', tls: true, authentication: { type: 'scram-sha-512' } },
    ])
    expect(authorization).toEqual({ type: 'simple' })
    const { acls } = only(objects, 'KafkaUser').spec?.['authorization'] as {
      acls: { resource: { name: string }; operations: string[] }[]
    }
    expect(acls.map(({ resource }) => resource.name)).toEqual(['shop.', 'default.shop.'])
    expect(acls.flatMap(({ operations }) => operations)).not.toContain('All')
    const kafka = only(objects, 'OrderPipeline').spec?.['kafka'] as { listener: { sasl: { secretName: string } } }
    expect(kafka.listener.sasl.secretName).toBe(only(objects, 'KafkaUser').metadata.name)
  })

  test('lists every image that it can run, for an installation without the internet, as do its own charts', async () => {
    const listed = async (name: string) => {
      const { annotations } = (await read(`charts/${name}/Chart.yaml`)) as { annotations: Record<string, string> }
      return (parse(annotations['artifacthub.io/images'] ?? '') as { image: string }[]).map(({ image }) => image)
    }
    const run = (objects: readonly KubeObject[]) =>
      new Set([...JSON.stringify(objects).matchAll(/"image":"([^"]+)"/g)].map(([, image = '']) => image))
    const registry = (prefix: string) => [`${prefix}global.imageRegistry=registry.example.com`]
    const valkey = [
      'valkey.enabled=true',
      'order-shop.limits.redis.secretName=shop-valkey',
      'order-shop.limits.redis.key=url',
    ]
    const own = (images: readonly string[]) => images.filter((image) => !/keda|strimzi/.test(image))
    for (const [name, objects] of [
      ['order-platform', await rendered(platform.path, [...registry(''), ...valkey])],
      ['order-shop', await rendered(chart('order-shop'), registry(''))],
      [
        'orderpipeline-operator',
        [
          ...(await rendered(chart('orderpipeline-operator'), registry(''))),
          { image: 'registry.example.com/orderpipeline/services:0.1.0' } as unknown as KubeObject,
        ],
      ],
    ] as const)
      expect(
        [...run(objects), ...(name === 'order-platform' ? ['registry.example.com/orderpipeline/services:0.1.0'] : [])]
          .filter((image, index, all) => all.indexOf(image) === index)
          .sort(),
      ).toEqual(own(await listed(name)).sort())
    const { dependencies } = (await read('charts/order-platform/Chart.yaml')) as {
      dependencies: { name: string; version: string }[]
    }
    for (const { name, version } of dependencies.filter(({ name: each }) => /keda|strimzi/.test(each)))
      expect(
        (await listed('order-platform')).filter(
          (image) => image.includes(name.split('-')[0] ?? '') && image.includes(`:${version}`),
        ),
      ).not.toEqual([])
  })

  test('has notes with the next steps, and with warnings about open access and development settings', async () => {
    const notes = async (...values: string[]) => {
      const sets = values.flatMap((value) => ['--set', value])
      return helm('install', 'trial', platform.path, '--dry-run=client', ...neededValues(platform.path), ...sets)
    }
    const output = await notes()
    expect(output).toMatch(
      /wait --for=condition=Ready orderpipeline\/shop[^]*helm test trial[^]*get orderpipeline shop -w/,
    )
    expect(output).toContain('A SINGLE POD FOR DEVELOPMENT')
    expect(output).toMatch(/WARNING: the gateway does not authenticate its callers:/)
    expect(output).toMatch(/WARNING: Kafka's listener on port 9092/)
    expect(await notes('order-shop.ingress.enabled=true', 'order-shop.ingress.host=a.example.com')).toContain(
      'it is reachable from outside the cluster',
    )
    const tokens = [
      'mode=',
      'issuer=i',
      'audience=a',
      'algorithms={HS256}',
      'secret.secretName=auth',
      'secret.key=secret',
    ].map((value) => `order-shop.authentication.${value}`)
    expect(await notes(...tokens, 'kafka.enabled=false')).not.toContain('WARNING')
  })

  test('prefixes both images with one registry, and gives every pod the pull secrets', async () => {
    const objects = await rendered(platform.path, [
      'global.imageRegistry=registry.example.com/team',
      'global.imagePullSecrets[0].name=pull',
    ])
    const pods = podsOf(objects).filter(({ name }) => name !== 'shop-postgres')
    const images = pods.map(({ spec }) => (spec.containers[0] as { image?: string }).image)
    expect(new Set(images)).toEqual(
      new Set(['services', 'operator'].map((name) => `registry.example.com/team/orderpipeline/${name}:0.1.0`)),
    )
    for (const { spec } of pods) expect(spec).toMatchObject({ imagePullSecrets: [{ name: 'pull' }] })
    expect(only(objects, 'OrderPipeline').spec?.['template']).toEqual({ imagePullSecrets: ['pull'] })
  })

  test('leaves user and group of every pod to the cluster with clusterAssignsUsers, those of the pipeline too', async () => {
    const contexts = async (...values: string[]) => {
      const objects = await rendered(platform.path, [
        'valkey.enabled=true',
        'order-shop.limits.redis.secretName=shop-valkey',
        'order-shop.limits.redis.key=url',
        ...values,
      ])
      const pipeline = only(objects, 'OrderPipeline').spec?.['template'] as { securityContext?: unknown } | undefined
      return {
        pods: podsOf(objects).map(({ spec }) => (spec as { securityContext?: object }).securityContext),
        pipeline: pipeline?.securityContext,
      }
    }
    const usual = await contexts()
    expect(usual.pods.length).toBeGreaterThan(5)
    for (const context of usual.pods)
      expect(context).toMatchObject({ runAsNonRoot: true, runAsUser: expect.any(Number) as number })
    expect(usual.pipeline).toBeUndefined()
    const open = await contexts('global.clusterAssignsUsers=true')
    for (const context of open.pods)
      expect(context).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(open.pipeline).toEqual({})
  })
})

describe('values-production.yaml', () => {
  const filled = async (name: string): Promise<string> => {
    const text = await readFile(join(chart(name), 'values-production.yaml'), 'utf8')
    return text.replaceAll('<sha256:…>', `sha256:${'ab'.repeat(32)}`).replaceAll(/<([^>]+)>/g, '$1')
  }
  let platform: Awaited<ReturnType<typeof platformWithDependencies>>
  beforeAll(async () => {
    platform = await platformWithDependencies()
  })
  afterAll(() => platform.remove())

  test.each(['orderpipeline-operator', 'order-shop', 'order-platform'])(
    'of %s renders after its placeholders are filled in, and not before',
    async (name) => {
      const path = name === 'order-platform' ? platform.path : chart(name)
      await expect(helm('template', 'trial', path, '--values', join(path, 'values-production.yaml'))).rejects.toThrow(
        '/digest',
      )
      const dir = await mkdtemp(join(tmpdir(), 'values-'))
      await writeFile(join(dir, 'values.yaml'), await filled(name))
      const objects = objectsOf(await helm('template', 'trial', path, '--values', join(dir, 'values.yaml')))
      for (const { spec } of podsOf(objects).filter((pod) => pod.name !== 'shop-valkey'))
        expect((spec.containers[0] as { image?: string }).image).toMatch(/@sha256:[0-9a-f]{64}$/)
      await rm(dir, { recursive: true })
    },
  )
})

test.each(['orderpipeline-operator', 'order-shop'])('%s passes helm lint without a warning', async (name) => {
  expect(await helm('lint', '--strict', chart(name), ...neededValues(chart(name)))).toContain(
    '1 chart(s) linted, 0 chart(s) failed',
  )
})

/** Lists of named things are maps in Kubernetes: their order has no meaning. */
function byName(spec: Record<string, unknown> | undefined): unknown {
  const sorted = (list: unknown): unknown =>
    [...(list as { name: string }[])].sort((a, b) => a.name.localeCompare(b.name))
  return { ...spec, topics: sorted(spec?.['topics']), stages: sorted(spec?.['stages']) }
}
