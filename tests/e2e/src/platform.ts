// What does a test of the whole product use? The local cluster, brought up if it is not; its
// databases; and the means to load it, slow it down and break it.
import { setTimeout as sleep } from 'node:timers/promises'
import { recordedDeaths, runningHost, statePaths } from '@orderpipeline/cluster'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { issuedTokens, runTraffic } from '@orderpipeline/traffic'
import type { Load, Tokens, Trace, TrafficResult } from '@orderpipeline/traffic'
import { Kafka, logLevel } from 'kafkajs'
import { ConsumerGroup } from './consumer-group.ts'
import { bringUp } from './bring-up.ts'
import { Cluster, namespace } from './kube.ts'
import { endpoint } from './endpoint.ts'
import { flawless, Ledger } from '@orderpipeline/test-support/ledger'
import type { Audit } from '@orderpipeline/test-support/ledger'
import { waitFor } from './wait.ts'

export const gatewayUrl = 'http://127.0.0.1:30080'
/** Each order of a load is of one of them, with a token. */
const customers = 2_000
const tracedShare = 0.01
const providerPath = `/api/v1/namespaces/${namespace}/services/payment-provider:8080/proxy/v1/behaviour`

type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T

/** Brings the local cluster up, which changes nothing when it is, and connects to all of it. */
export async function connect(): Promise<Platform> {
  await bringUp()
  return await joined()
}

/**
 * Connects to the cluster that the run has brought up before its first file. An earlier file may
 * have deleted the pipeline: then `npm run up` creates it again.
 */
export async function attach(): Promise<Platform> {
  const query = ['get', 'orderpipeline', 'shop', '--ignore-not-found', '-o', 'name']
  const { stdout } = await new Cluster(statePaths().kubeconfig).kubectl(query, { allowFailure: true })
  return stdout === '' ? await connect() : await joined()
}

async function joined(): Promise<Platform> {
  const paths = statePaths()
  const cluster = new Cluster(paths.kubeconfig)
  const [adminUrl, kafka] = await Promise.all([adminUrlOf(cluster), endpoint(cluster, 'shop-kafka-kafka-bootstrap')])
  return new Platform(cluster, new Ledger(adminUrl), kafka, paths.processes)
}

export class Platform {
  readonly cluster: Cluster
  readonly ledger: Ledger
  /** By a listener without authentication: every client of it may do everything. */
  readonly kafkaBroker: string
  readonly #processes: string
  #tokens: Promise<Tokens | undefined> | undefined
  /** By order: only its customer may cancel it. */
  readonly #customers = new Map<string, string>()

  constructor(cluster: Cluster, ledger: Ledger, kafkaBroker: string, processes: string) {
    this.cluster = cluster
    this.ledger = ledger
    this.kafkaBroker = kafkaBroker
    this.#processes = processes
  }

  close(): Promise<void> {
    return this.ledger.close()
  }

  /** Ready for its present generation. Stages may have more replicas than their minimum. */
  async ready(name: string, seconds = 600): Promise<void> {
    const look = async () => {
      const problem = problemOf(await this.cluster.pipeline(name))
      return problem === undefined ? { done: true as const, value: undefined } : { done: false as const, seen: problem }
    }
    await waitFor(`pipeline ${name} ready`, look, { seconds })
  }

  /** Ready for its present generation, with every stage at its minimum: nothing is moving. */
  async settled(name: string, seconds = 600): Promise<void> {
    const look = async () => {
      const pipeline = await this.cluster.pipeline(name)
      const problem = problemOf(pipeline)
      if (problem !== undefined) return { done: false as const, seen: problem }
      const moving: string[] = []
      for (const stage of pipeline.spec.stages) {
        const { wanted: desired, ready } = await this.cluster.stage(
          await this.cluster.scaleTarget(`${name}-${stage.name}`),
        )
        if (desired !== stage.scaling.minReplicas || ready !== desired) moving.push(`${stage.name} ${ready}/${desired}`)
      }
      return moving.length === 0
        ? { done: true as const, value: undefined }
        : { done: false as const, seen: moving.join(', ') }
    }
    await waitFor(`pipeline ${name} settled`, look, { seconds, everyMs: 2000 })
  }

  /**
   * The payment provider's simulator: milliseconds of latency, shares of errors and of declined
   * charges.
   */
  async providerBehaves(behaviour: { latencyMs: number; errorRate: number; declineRate: number }): Promise<void> {
    await this.cluster.kubectl(['replace', '--raw', providerPath, '-f', '-'], { input: JSON.stringify(behaviour) })
  }

  burst(orders: number): Promise<TrafficResult> {
    return this.#traffic({ burst: orders }, { connections: 64 })
  }

  steadyTraffic(rate: { perMinute: number; seconds: number }): Promise<TrafficResult> {
    const load = { perSecond: rate.perMinute / 60, durationMs: rate.seconds * 1000 }
    return this.#traffic(load, { timeoutMs: 10_000 })
  }

  /** Orders at the rates of a trace, in its own time. */
  playTrace(trace: Trace): Promise<TrafficResult> {
    return this.#traffic({ trace }, { timeoutMs: 10_000 })
  }

  /** The headers of a request of this customer, by the development issuer of the cluster. */
  async as(customer: string): Promise<Record<string, string>> {
    const tokens = await this.#issued()
    return tokens ? { authorization: `Bearer ${await tokens.of(customer)}` } : {}
  }

  /** Those of customer-000001 and so on. */
  #issued(): Promise<Tokens | undefined> {
    return (this.#tokens ??= issuedTokens(customers))
  }

  async #traffic(load: Load, options: { connections?: number; timeoutMs?: number }): Promise<TrafficResult> {
    const tokens = await this.#issued()
    return await runTraffic({
      ...{ url: gatewayUrl, load, traced: tracedShare, ...options },
      ...(tokens ? { tokens } : {}),
      onAccepted: ({ orderId, customerId }) => void this.#customers.set(orderId, customerId),
    })
  }

  /**
   * As their customers would, a few at a time. Returns how many cancellations were in time; a
   * gateway that dies meanwhile answers none.
   */
  async cancel(orderIds: readonly string[]): Promise<number> {
    const remaining = [...orderIds]
    let cancelled = 0
    const customer = async (): Promise<void> => {
      for (let orderId = remaining.pop(); orderId !== undefined; orderId = remaining.pop()) {
        const headers = await this.as(this.#customers.get(orderId) ?? '')
        const request = { method: 'DELETE', headers, signal: AbortSignal.timeout(10_000) }
        const answer = await fetch(`${gatewayUrl}/v1/orders/${orderId}`, request).catch(() => undefined)
        if (answer?.status === 200) cancelled += 1
        await answer?.body?.cancel()
      }
    }
    await Promise.all(Array.from({ length: 8 }, customer))
    return cancelled
  }

  /** Every accepted order has reached its end. */
  async finished(seconds: number): Promise<void> {
    const look = async () => {
      const openOrders = await this.ledger.unfinished()
      return openOrders === 0
        ? { done: true as const, value: undefined }
        : { done: false as const, seen: `${openOrders} orders in progress` }
    }
    await waitFor('every order has ended', look, { seconds, everyMs: 2000 })
  }

  /**
   * The audit once it is flawless, or as it is after three minutes: what follows an order's end
   * (releases, refunds, notifications) takes a moment, and more than one on a busy machine.
   */
  async settledAudit(acceptedIds: readonly string[]): Promise<Audit> {
    for (const deadline = performance.now() + 180_000; ; await sleep(2000)) {
      const audit = await this.ledger.audit(acceptedIds)
      if (performance.now() > deadline || JSON.stringify(audit) === JSON.stringify({ ...audit, ...flawless(audit) }))
        return audit
    }
  }

  /**
   * Kind, name and uid of everything made for a pipeline, and its generation where replicas do not
   * count into it.
   */
  async childVersions(pipeline: string, exceptStage?: string): Promise<readonly string[]> {
    const kinds = 'deployment,scaledobject,service,serviceaccount,networkpolicy,poddisruptionbudget,kafkatopic'
    const selector = `orderpipeline.dev/pipeline=${pipeline}${exceptStage ? `,orderpipeline.dev/stage!=${exceptStage}` : ''}`
    const { stdout } = await this.cluster.kubectl(['get', kinds, '-l', selector, '-o', 'json'])
    const { items } = JSON.parse(stdout) as {
      items: { kind: string; metadata: { name: string; uid: string; generation?: number } }[]
    }
    return items
      .map(({ kind, metadata: { name, uid, generation } }) =>
        [kind, name, uid, kind === 'Deployment' ? '' : (generation ?? '')].join(' '),
      )
      .sort()
  }

  /** Changes a pipeline as an editor would, against its newest version. */
  async editPipeline(name: string, edit: (pipeline: Draft<OrderPipeline>) => void): Promise<void> {
    const { stdout } = await this.cluster.kubectl(['get', 'orderpipeline', name, '-o', 'json'])
    const pipeline = JSON.parse(stdout) as Draft<OrderPipeline>
    edit(pipeline)
    // Its status is written all the time while orders flow: only the spec is replaced, whatever
    // else has changed meanwhile.
    const patch = JSON.stringify([{ op: 'replace', path: '/spec', value: pipeline.spec }])
    await this.cluster.kubectl(['patch', 'orderpipeline', name, '--type=json', '-p', patch])
  }

  /** Ends pods at once, without SIGTERM and without waiting for them: as a crash would. */
  async killPods(selector: string, atMost = Number.POSITIVE_INFINITY): Promise<void> {
    const { stdout } = await this.cluster.kubectl(['get', 'pods', '-A', '-l', selector, '-o', 'json'])
    const { items } = JSON.parse(stdout) as { items: { metadata: { name: string; namespace: string } }[] }
    if (items.length === 0) throw new Error(`no pod to kill matches ${selector}`)
    for (const { metadata } of items.slice(0, atMost)) {
      const where = ['-n', metadata.namespace, '--grace-period=0', '--force', '--wait=false']
      await this.cluster.kubectl(['delete', 'pod', metadata.name, ...where])
      process.stderr.write(`    killed ${metadata.name}\n`)
    }
  }

  /**
   * SIGKILL to the broker. The supervisor notices and starts it again; resolves when it answers.
   */
  async crashKafka(): Promise<void> {
    const host = await runningHost(this.#processes)
    if (!host) throw new Error('the supervisor of the local cluster is not running')
    const kafka = async () => (await host.list()).find(({ name }) => name === 'kafka')
    const before = await kafka()
    if (before?.pid === undefined) throw new Error('Kafka is not running')
    process.kill(before.pid, 'SIGKILL')
    process.stderr.write('    killed kafka\n')
    await waitFor(
      'Kafka up again',
      async () => {
        const now = await kafka()
        return now?.state === 'ready' && now.pid !== before.pid
          ? { done: true, value: now }
          : { done: false, seen: now?.state ?? 'gone' }
      },
      { seconds: 120 },
    )
    const deaths = await recordedDeaths(this.#processes)
    if (!deaths.some(({ name }) => name === 'kafka')) throw new Error('the end of Kafka was not recorded')
  }

  /** Observes a consumer group; the caller closes it in the end. */
  async consumerGroup(groupId: string, topics: readonly string[]): Promise<ConsumerGroup> {
    const admin = this.#kafkaAdmin()
    await admin.connect()
    return new ConsumerGroup(admin, groupId, topics)
  }

  async kafkaTopics(): Promise<readonly string[]> {
    const admin = this.#kafkaAdmin()
    await admin.connect()
    try {
      return await admin.listTopics()
    } finally {
      await admin.disconnect()
    }
  }

  #kafkaAdmin() {
    return new Kafka({ brokers: [this.kafkaBroker], clientId: 'e2e', logLevel: logLevel.NOTHING }).admin()
  }
}

/** What keeps a pipeline from being Ready for its present generation. */
function problemOf({ metadata, status }: OrderPipeline): string | undefined {
  if (status?.observedGeneration !== metadata.generation) return 'not yet read'
  const open = status?.conditions?.filter((condition) => condition.status !== 'True') ?? []
  return open.length === 0 ? undefined : open.map(({ type, reason }) => `${type} ${reason}`).join(', ')
}

/**
 * The administrator's URL as the migration gets it, with the address behind the Service, which is
 * reachable from the machine.
 */
async function adminUrlOf(cluster: Cluster): Promise<string> {
  const secret = await cluster.core.readNamespacedSecret({ namespace, name: 'shop-postgres-admin' })
  const url = new URL(Buffer.from(secret.data?.['url'] ?? '', 'base64').toString())
  url.host = await endpoint(cluster, 'postgres')
  return url.href
}
