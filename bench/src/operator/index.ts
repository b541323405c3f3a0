// Does the operator keep up with a thousand pipelines? On a real API server with etcd: all made at
// once, compared with a bare client that writes the same objects; then edits under steady churn;
// then its requests when nothing happens.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../table.ts'
import { ways } from './bare.ts'
import type { Way } from './bare.ts'
import { churn } from './churn.ts'
import type { Client } from './client.ts'
import { onControlPlane } from './control-plane.ts'
import { atOnce, bareCreation, measureCreation, secondsText, startOperator } from './creation.ts'
import type { BareRun } from './creation.ts'
import { stages } from './pipelines.ts'
import type { OperatorProcess, Samples } from './process.ts'
import { replicasReady } from './replicas.ts'
import { growth, percentile, quantile } from './samples.ts'

export interface OperatorBenchOptions {
  readonly pipelines: number
  readonly churnSeconds: number
  readonly settledSeconds: number
  readonly editsPerSecond: number
  readonly reportsPerSecond: number
  readonly say: (line: string) => void
}

export async function benchOperator(options: OperatorBenchOptions): Promise<Row[]> {
  const bare = new Map<Way, BareRun>()
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

async function bareRun(way: Way, options: OperatorBenchOptions): Promise<BareRun> {
  const { pipelines, say } = options
  say(`a bare client writes the objects of ${pipelines} pipelines (${way}) …`)
  const result = await onControlPlane((plane) => bareCreation(plane, way, options))
  say(`${result.objects} objects and ${pipelines} pipelines in ${secondsText(result.seconds)}`)
  return result
}

function operatorRun(options: OperatorBenchOptions) {
  const { pipelines, say } = options
  say(`the operator makes ${pipelines} pipelines …`)
  return onControlPlane(async (plane) => {
    const running = await startOperator(plane, say)
    const { client, operator, follower } = running
    const { namespace } = plane
    try {
      const start = await operator.metrics()
      const { seconds, objects, processor, own } = await measureCreation(running, plane, options)
      const afterCreation = await operator.metrics()
      say(`${objects} objects in ${secondsText(seconds)}`)

      await settle(operator, say)
      await allReady(client, namespace, operator, say)
      say(`steady churn for ${options.churnSeconds} s …`)
      const beforeChurn = await operator.metrics()
      const edits = await churn(client, follower, { ...options, namespace, seconds: options.churnSeconds })
      const afterChurn = await operator.metrics()

      await settle(operator, say)
      await allReady(client, namespace, operator, say)
      say(`nothing happens for ${options.settledSeconds} s …`)
      const beforePause = await operator.metrics()
      await sleep(options.settledSeconds * 1_000)
      const settled = requestsBetween(beforePause, await operator.metrics(), options.settledSeconds)

      return {
        ...{ seconds, objects, settled, processor, own },
        creation: creationFigures(start, afterCreation),
        edits: `${secondsText(percentile(edits, 0.5))} / ${secondsText(percentile(edits, 0.99))} (${edits.length} edits)`,
        churn: churnFigures(beforeChurn, afterChurn),
        memory: running.memory(),
      }
    } finally {
      await running.close()
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

/** Until every version that the operator has made is reported to run, and none is being tried. */
async function allReady(
  client: Client,
  namespace: string,
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
