// What do the operator's tests run on? A namespace of their own on a real API server, an operator
// with exactly the rights of deploy/rbac-rules.yaml, and a count of its requests.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { transport } from '@orderpipeline/kube'
import type { Transport } from '@orderpipeline/kube'
import { parse } from 'yaml'
import { childResources, orderPipelines, resourceOf } from '../src/api/index.ts'
import type {
  ChildKind,
  ChildObject,
  Deployment,
  DeploymentStatus,
  KubeObject,
  OrderPipeline,
  Resource,
} from '../src/api/index.ts'
import { operatorConfig } from '../src/config.ts'
import type { LagReader } from '../src/kafka/lag-reader.ts'
import { kubePort } from '../src/kube/port.ts'
import type { Kube } from '../src/kube/port.ts'
import { startOperator } from '../src/operator.ts'
import type { Operator } from '../src/operator.ts'
import type { OperatorParts } from '../src/operator-parts.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { quietTime } from './quiet-time.ts'
import { recentLog } from './recent-log.ts'

export { eventually } from '@orderpipeline/retry/testing'

const root = join(import.meta.dirname, '..', '..')
export function readYaml(path: string): unknown {
  return parse(readFileSync(join(root, path), 'utf8'))
}

export interface TestEnvironment {
  readonly namespace: string
  readonly kube: Kube
  readonly wire: Transport
  /**
   * The access of an operator: a service account with the chart's rules, at the address of a proxy
   * or of the server itself.
   */
  readonly operatorAccess: (server?: string) => KubeConfig
  /** As an administrator, for an operator of every namespace. */
  readonly adminAccess: () => KubeConfig
  readonly server: string
}

const namespaces: Resource = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' }
const serviceAccounts: Resource = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' }
const rbac = 'rbac.authorization.k8s.io/v1'

/**
 * `readsSecrets`: whether the chart's kafkaSecrets.read is on. `path`: a kubeconfig of another
 * cluster than that of the run.
 */
export async function testEnvironment(readsSecrets = true, path = kubeconfig()): Promise<TestEnvironment> {
  const access = new KubeConfig()
  access.loadFromFile(path)
  const wire = await transport(access, { userAgent: 'operator-test' })
  const kube = kubePort(wire, { fieldManager: 'test', timeoutMs: 30_000, mayWriteFor: () => Infinity })
  const namespace = `operator-${randomBytes(4).toString('hex')}`
  await kube.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const metadata = { name: 'operator', namespace }
  await kube.create(serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  const rules = readYaml('operator/deploy/rbac-rules.yaml') as Record<'watched' | 'kafkaSecrets' | 'own', unknown[]>
  const role = {
    apiVersion: rbac,
    kind: 'Role',
    metadata,
    rules: [...rules.watched, ...(readsSecrets ? rules.kafkaSecrets : []), ...rules.own],
  }
  await kube.create({ apiVersion: rbac, kind: 'Role', plural: 'roles' }, role)
  const subject = { kind: 'ServiceAccount', name: 'operator', namespace }
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'operator' }
  const binding = { apiVersion: rbac, kind: 'RoleBinding', metadata, subjects: [subject], roleRef }
  await kube.create({ apiVersion: rbac, kind: 'RoleBinding', plural: 'rolebindings' }, binding)
  const token = await tokenOf(wire, namespace)
  const cluster = access.getCurrentCluster()
  if (!cluster) throw new Error('the kubeconfig names no cluster')
  return {
    namespace,
    kube,
    wire,
    server: cluster.server,
    adminAccess: () => access,
    operatorAccess: (server = cluster.server) => {
      const config = new KubeConfig()
      const skipTLSVerify = server.startsWith('http:') // a proxy of ours, on this machine
      config.loadFromClusterAndUser({ ...cluster, server, skipTLSVerify }, { name: 'operator', token })
      return config
    },
  }
}

async function tokenOf(wire: Transport, namespace: string): Promise<string> {
  const answer = await wire.json({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/operator/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    timeoutMs: 30_000,
  })
  return (answer as { status: { token: string } }).status.token
}

/** No Kafka is needed to see what the operator creates. */
const noKafka: LagReader = { read: () => Promise.resolve(new Map()), close: () => Promise.resolve() }

export interface Running extends Operator {
  /** `VERB path` of every request that writes, leases left out. */
  readonly writes: string[]
  /** The last lines of its log, from level debug on, and of its calls that failed. */
  readonly logLines: readonly string[]
}

/**
 * Several operators share the processor of one test, with whatever else runs: where all stand still
 * for some seconds, none is to lose its lease and end.
 */
const leaseSeconds = '60'

/** `topicOperator`: whether the environment creates the topics. */
export async function runOperator(
  on: TestEnvironment,
  parts: Partial<OperatorParts> = {},
  environment: Record<string, string> = {},
  { topicOperator = true } = {},
): Promise<Running> {
  const { namespace, operatorAccess } = on
  const writes: string[] = []
  const { log, lines: logLines } = recentLog()
  const env = {
    ...{ SERVICES_IMAGE: 'services:1', WATCH_NAMESPACE: namespace, POD_NAMESPACE: namespace, METRICS_PORT: '0' },
    LEASE_SECONDS: leaseSeconds,
  }
  const stopping = new AbortController()
  if (topicOperator) void makeTopics(on, stopping.signal)
  const operator = await startOperator({
    config: operatorConfig({ ...env, POD_NAME: `op-${randomBytes(3).toString('hex')}`, ...environment }, 'test'),
    kubeConfig: operatorAccess(),
    log,
    clock: systemClock,
    lagReaderFor: () => noKafka,
    observeCall: ({ method, path }, code, seconds) => {
      if (typeof code === 'string' || code >= 400) log.debug({ method, path, code, seconds }, 'a call failed')
      if (method !== 'GET' && !path.includes('/leases') && !path.includes('/events'))
        writes.push(`${method} ${path.split('/').slice(-2).join('/')}`)
    },
    ...parts,
  })
  void operator.ended.finally(() => stopping.abort())
  return { ...operator, writes, logLines }
}

/**
 * Takes the part of the Topic Operator that pods wait for: reports that Kafka has each KafkaTopic,
 * though not yet that it is ready.
 */
export async function makeTopics(on: TestEnvironment, signal: AbortSignal): Promise<void> {
  const topics = resourceOf('KafkaTopic')
  const markCreated = async ({ metadata, status }: KubeObject): Promise<void> => {
    if ((status as { topicId?: string } | undefined)?.topicId !== undefined) return
    await patch(on, topics, metadata.name, { status: { topicId: metadata.uid } }, '/status').catch(() => undefined)
  }
  while (!signal.aborted) {
    try {
      let resourceVersion = '0'
      for await (const page of on.kube.pages(topics, { namespace: on.namespace })) {
        resourceVersion = page.resourceVersion
        await Promise.all(page.items.map(markCreated))
      }
      const options = { namespace: on.namespace, resourceVersion, timeoutSeconds: 300, signal }
      for await (const line of await on.kube.watch(topics, options)) {
        const { type, object } = JSON.parse(line) as { type: string; object: KubeObject }
        if (type === 'ADDED') await markCreated(object)
      }
    } catch {
      await sleep(200) // the next listing has the missed objects
    }
  }
}

export function pipelineFrom(path: string, { namespace }: TestEnvironment): OrderPipeline {
  const pipeline = readYaml(path) as OrderPipeline
  return { ...pipeline, metadata: { ...pipeline.metadata, namespace } }
}

function ownObjects({ namespace }: TestEnvironment) {
  return { namespace, labelSelector: 'app.kubernetes.io/managed-by=orderpipeline' }
}

export async function children(on: TestEnvironment): Promise<ChildObject[]> {
  const lists = await Promise.all(childResources.map((resource) => on.kube.list(resource, ownObjects(on))))
  return lists.flat() as ChildObject[]
}

/**
 * Whether the controller manager has created every desired pod, or says that it cannot (a priority
 * class that this cluster does not have): until then the status may change.
 */
export async function podsMade(on: TestEnvironment): Promise<boolean> {
  const deployments = (await on.kube.list(resourceOf('Deployment'), ownObjects(on))) as Deployment[]
  return deployments.every(({ metadata, spec, status = {} }) => {
    const { observedGeneration, replicas = 0, conditions = [] } = status as DeploymentStatus
    const podsRefused = conditions.some(({ type, status: holds }) => type === 'ReplicaFailure' && holds === 'True')
    return observedGeneration === metadata.generation && (podsRefused || replicas === (spec.replicas ?? 1))
  })
}

export function names(objects: readonly KubeObject[]): string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()
}

export async function current({ kube, namespace }: TestEnvironment, name: string): Promise<OrderPipeline | undefined> {
  return (await kube.get(orderPipelines, namespace, name)) as OrderPipeline | undefined
}

export async function child(
  { kube, namespace }: TestEnvironment,
  kind: ChildKind,
  name: string,
): Promise<ChildObject | undefined> {
  return (await kube.get(resourceOf(kind), namespace, name)) as ChildObject | undefined
}

/** Changes a spec as a user would, in spite of concurrent writes. */
export async function edit(
  on: TestEnvironment,
  name: string,
  change: (spec: OrderPipeline['spec']) => OrderPipeline['spec'],
) {
  const pipeline = await current(on, name)
  if (!pipeline) throw new Error(`no pipeline ${name}`)
  await patch(on, orderPipelines, name, { spec: change(pipeline.spec) })
}

export async function patch(
  on: TestEnvironment,
  resource: Resource,
  name: string,
  body: unknown,
  subresource = '',
): Promise<void> {
  const group = resource.apiVersion.includes('/') ? 'apis' : 'api'
  const path = `/${group}/${resource.apiVersion}/namespaces/${on.namespace}/${resource.plural}/${name}${subresource}`
  await on.wire.json({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json', timeoutMs: 30_000 })
}

/** Until the operator has written nothing for a while. */
export async function settled(operator: Running, quietMs = 2500): Promise<void> {
  const quietFor = quietTime()
  while (quietFor(String(operator.writes.length)) < quietMs) await sleep(100)
}

const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } }
const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }

/**
 * Takes the part of kubelet for pods of an image that does not exist, where their status does not
 * say so yet.
 */
export async function failToPull(on: TestEnvironment, image: string): Promise<void> {
  const items = (await on.kube.list(pods, { namespace: on.namespace })) as readonly PodObject[]
  const waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` }
  const containerStatuses = [{ name: 'stage', image, imageID: '', ready: false, restartCount: 0, state: { waiting } }]
  const conditions = [{ type: 'PodScheduled', status: 'True' }]
  for (const { metadata, spec, status } of items)
    if (spec.containers.some((container) => container.image === image) && !status?.containerStatuses)
      await patch(on, pods, metadata.name, { status: { phase: 'Pending', conditions, containerStatuses } }, '/status')
}

interface PodObject extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly image: string }[] }
  readonly status?: { readonly phase?: string; readonly containerStatuses?: unknown }
}

/**
 * Takes the part of kubelet, KEDA and the Topic Operator: every object reports that it is ready.
 */
export async function makeReady(on: TestEnvironment, sound: (image: string) => boolean = () => true): Promise<void> {
  for (const { kind, metadata } of await children(on)) {
    if (kind === 'ScaledObject' || kind === 'KafkaTopic')
      await patch(on, resourceOf(kind), metadata.name, ready, '/status')
  }
  const items = (await on.kube.list(pods, { namespace: on.namespace })) as readonly PodObject[]
  const since = new Date().toISOString().replace(/\.\d+Z/, 'Z')
  const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] }
  for (const { metadata, spec, status } of items)
    if (status?.phase !== 'Running' && spec.containers.every(({ image }) => sound(image)))
      await patch(on, pods, metadata.name, { status: running }, '/status')
}
