// Does the operator keep up with a thousand pipelines? On a real API server with etcd: all made at
// once, compared with a bare client that writes the same objects; then edits under steady churn;
// then its requests when nothing happens.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inProcessHost, startLightCluster } from '@orderpipeline/cluster/testing'
import type { Row } from '../table.ts'
import { ways, writeBare } from './bare.ts'
import type { Way } from './bare.ts'
import { churn } from './churn.ts'
import { clientOf, processorSeconds, residentBytes } from './client.ts'
import { follow } from './follow.ts'
import { benchPipeline, collectionPath, pathOf, stages } from './pipelines.ts'
import { runOperator } from './process.ts'
import type { OperatorProcess, Samples } from './process.ts'
import { replicasReady } from './replicas.ts'
import { growth, percentile, quantile } from './samples.ts'
import { topicsMade } from './topics.ts'
import { orderPipelines, childResources } from '@orderpipeline/operator/api'

export interface OperatorBenchOptions {
  readonly pipelines: number
  readonly churnSeconds: number
  readonly settledSeconds: number
  readonly editsPerSecond: number
  readonly reportsPerSecond: number
  readonly say: (line: string) => void
}

const namespace = 'bench'
/** As many requests at once as the operator has connections. */
const atOnce = 32
function secondsText(value: number) {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`
}

export async function benchOperator(options: OperatorBenchOptions): Promise<Row[]> {
  const bare = new Map<Way, Awaited<ReturnType<typeof bareRun>>>()
  for (const way of ways) bare.set(way, await bareRun(way, options))
  const run = await operatorRun(options)
  const name = `the operator with ${options.pipelines} pipelines of ${stages} stages`
  const row = (figure: string, figureText: string, aim: string): Row => ({ [name]: figure, measured: figureText, aim })
  const ratio = (way: Way): string => {
    const seconds = bare.get(way)?.seconds ?? NaN
    return `${(run.seconds / seconds).toFixed(2)} × (${secondsText(seconds)})`
  }
  /** Where others use the machine too, this is more telling than the time on the clock. */
  const processorRatio = (way: Way): string => {
    const seconds = bare.get(way)?.processor ?? NaN
    return `${(run.processor / seconds).toFixed(2)} × (${secondsText(seconds)})`
  }
  return [
    row(`all applied (${run.objects} objects)`, secondsText(run.seconds), ''),
    row('  beside a bare client, server-side apply', ratio('apply'), 'at most 1.2 ×'),
    row('  beside a bare client, plain create', ratio('create'), ''),
    row('queue wait while all are made, p50 / p99', run.creation.wait, ''),
    row('writes asked for while all are made, and passes', run.creation.writes, ''),
    row('edit to applied amid churn, p50 / p99', run.edits, ''),
    row('queue wait of an edit amid churn, p50 / p99', run.churn.editWait, 'p99 under 1 s'),
    row('queue wait of the background amid churn, p50 / p99', run.churn.backgroundWait, 'p99 under 1 s'),
    row('reconcile amid churn, p50 / p99', run.churn.reconcile, 'p99 under 5 s'),
    row('memory (RSS), highest', `${Math.round(run.memory / 2 ** 20)} MiB`, 'under 250 MB'),
    row('requests a minute when settled', run.settled.requests, ''),
    row('  writes among them, lease renewals left out', run.settled.writes, '0'),
    row('processor time while all are made, API server and etcd included', secondsText(run.processor), ''),
    row('  of which the operator', secondsText(run.own), ''),
    row('  beside a bare client, server-side apply', processorRatio('apply'), ''),
    row('  beside a bare client, plain create', processorRatio('create'), ''),
  ]
}

async function bareRun(way: Way, { pipelines, say }: OperatorBenchOptions) {
  say(`a bare client writes the objects of ${pipelines} pipelines (${way}) …`)
  return await onCluster(async (kubeconfig, _dir, serverProcessor) => {
    const client = await clientOf(kubeconfig, atOnce)
    const [own, servers] = [process.cpuUsage(), await serverProcessor()]
    const result = await writeBare(client, namespace, pipelines, { way, atOnce }, say)
    const { user, system } = process.cpuUsage(own)
    const processor = (user + system) / 1e6 + (await serverProcessor()) - servers
    client.close()
    say(`${result.objects} objects and ${pipelines} pipelines in ${secondsText(result.seconds)}`)
    return { ...result, processor }
  })
}

async function operatorRun(options: OperatorBenchOptions) {
  const { pipelines, say } = options
  say(`the operator makes ${pipelines} pipelines …`)
  return await onCluster(async (kubeconfig, dir, serverProcessor) => {
    const client = await clientOf(kubeconfig, atOnce)
    const operator = await runOperator(kubeconfig, namespace, dir)
    const memory = watchMemory(operator)
    const follower = follow(client, namespace)
    const topics = topicsMade(client, namespace, say)
    try {
      const start = await operator.metrics()
      const processorBefore = (processorSeconds(operator.pid) ?? NaN) + (await serverProcessor())
      const ownBefore = processorSeconds(operator.pid) ?? NaN
      const seconds = await createAll(client, follower, options)
      const afterCreation = await operator.metrics()
      const own = (processorSeconds(operator.pid) ?? NaN) - ownBefore
      const processor = (processorSeconds(operator.pid) ?? NaN) + (await serverProcessor()) - processorBefore
      const objects = await count(client)
      say(`${objects} objects in ${secondsText(seconds)}`)

      await settle(operator, say)
      await allReady(client, operator, say)
      say(`steady churn for ${options.churnSeconds} s …`)
      const beforeChurn = await operator.metrics()
      const edits = await churn(client, follower, { ...options, namespace, seconds: options.churnSeconds })
      const afterChurn = await operator.metrics()

      await settle(operator, say)
      await allReady(client, operator, say)
      say(`nothing happens for ${options.settledSeconds} s …`)
      const beforePause = await operator.metrics()
      await sleep(options.settledSeconds * 1_000)
      const settled = requestsBetween(beforePause, await operator.metrics(), options.settledSeconds)

      return {
        seconds,
        objects,
        settled,
        creation: creationFigures(start, afterCreation),
        edits: `${secondsText(percentile(edits, 0.5))} / ${secondsText(percentile(edits, 0.99))} (${edits.length} edits)`,
        churn: churnFigures(beforeChurn, afterChurn),
        processor,
        own,
        memory: memory.highest(),
      }
    } finally {
      memory.stop()
      follower.close()
      topics.close()
      await operator.stop()
      client.close()
    }
  })
}

function queueWait(from: Samples, to: Samples, priority: 'edit' | 'background') {
  return both(from, to, 'orderpipeline_queue_wait_seconds', `priority="${priority}"`)
}

function creationFigures(from: Samples, to: Samples) {
  const reconciles = growth(from, to, 'orderpipeline_reconcile_total', () => true)
  return { wait: queueWait(from, to, 'edit'), writes: `${writesBetween(from, to)}, ${reconciles}` }
}

function churnFigures(from: Samples, to: Samples) {
  return {
    editWait: queueWait(from, to, 'edit'),
    backgroundWait: queueWait(from, to, 'background'),
    reconcile: both(from, to, 'orderpipeline_reconcile_seconds'),
  }
}

async function createAll(
  client: Awaited<ReturnType<typeof clientOf>>,
  follower: ReturnType<typeof follow>,
  { pipelines, say }: OperatorBenchOptions,
): Promise<number> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const progress = setInterval(
    () => say(`${elapsed().toFixed(0).padStart(5)} s  ${follower.applied()} of ${pipelines} pipelines applied`),
    5_000,
  )
  const names = Array.from({ length: pipelines }, (_, index) => `shop-${index}`)
  const all = names.map((name) => follower.seen(name, 1))
  await Promise.all(
    names.map(async (name) => {
      const pipeline = benchPipeline(name, namespace)
      await client.send('POST', pathOf(pipeline), pipeline)
    }),
  )
  say(`${elapsed().toFixed(0).padStart(5)} s  all pipelines are created`)
  const last = Math.max(...(await Promise.all(all)))
  clearInterval(progress)
  return (last - startedAt) / 1_000
}

async function count(client: Awaited<ReturnType<typeof clientOf>>): Promise<number> {
  const totals = await Promise.all(
    [orderPipelines, ...childResources].map(async (resource) => {
      const path = `${collectionPath(resource, namespace)}?limit=1`
      const { items, metadata } = (await client.send('GET', path)) as {
        items: unknown[]
        metadata: { remainingItemCount?: number }
      }
      return items.length + (metadata.remainingItemCount ?? 0)
    }),
  )
  return totals.reduce((sum, one) => sum + one, 0)
}

/** Until every version that the operator has made is reported to run, and none is being tried. */
async function allReady(
  client: Awaited<ReturnType<typeof clientOf>>,
  operator: OperatorProcess,
  say: (line: string) => void,
): Promise<void> {
  for (let reported = 1; reported > 0; await settle(operator, say)) {
    reported = await replicasReady(client, namespace, atOnce)
    say(`${reported} Deployments are reported ready`)
  }
}

/** Waits until the operator has written nothing for 5 s. */
async function settle(operator: OperatorProcess, say: (line: string) => void): Promise<void> {
  for (let [before, quiet] = [await operator.metrics(), 0]; quiet < 5;) {
    await sleep(1_000)
    const now = await operator.metrics()
    quiet = writesBetween(before, now) === 0 ? quiet + 1 : 0
    before = now
  }
  say('settled')
}

const requests = 'orderpipeline_api_requests_total'
/** The operator replaces nothing but its lease. */
function isWrite(labels: string) {
  return /verb="(PATCH|POST|DELETE)"/.test(labels)
}
function writesBetween(before: Samples, after: Samples) {
  return growth(before, after, requests, isWrite)
}

function requestsBetween(before: Samples, after: Samples, seconds: number) {
  const perMinute = (fits: (labels: string) => boolean) =>
    Math.round((growth(before, after, requests, fits) * 60) / seconds)
  const ofVerb = (verb: string) => perMinute((labels) => labels.includes(`verb="${verb}"`))
  return {
    requests: `${perMinute(() => true)} (renewals of the lease ${ofVerb('PUT')}, reads ${ofVerb('GET')}, watches ${ofVerb('WATCH')})`,
    writes: String(writesBetween(before, after)),
  }
}

function both(before: Samples, after: Samples, name: string, label?: string): string {
  return [0.5, 0.99].map((q) => secondsText(quantile(before, after, name, q, label))).join(' / ')
}

function watchMemory(operator: OperatorProcess): { highest: () => number; stop: () => void } {
  let highest = 0
  const timer = setInterval(() => {
    highest = Math.max(highest, residentBytes(operator.pid) ?? 0)
  }, 500)
  return { highest: () => highest, stop: () => clearInterval(timer) }
}

/**
 * A control plane of its own for each run, none warmer than the other. Without controllers: only
 * the operator acts.
 */
async function onCluster<T>(
  work: (kubeconfig: string, dir: string, serverProcessor: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  const host = inProcessHost(join(dir, 'processes'))
  try {
    const { kubeconfigPath } = await startLightCluster(host, join(dir, 'cluster'))
    await host.stop('kube-controller-manager')
    const client = await clientOf(kubeconfigPath, 1)
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
    await client.send('POST', '/api/v1/namespaces', body)
    client.close()
    const serverProcessor = async (): Promise<number> =>
      (await host.list()).reduce((sum, { pid }) => sum + ((pid && processorSeconds(pid)) || 0), 0)
    return await work(kubeconfigPath, dir, serverProcessor)
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
}
