// Does a settled pipeline cost nothing? Every example and every accepted fixture on a real API
// server: once it has settled, a second reconcile, by the operator that created it and by a new
// one, writes nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { orderPipelines } from '../src/api/index.ts'
import type { OrderPipeline } from '../src/api/index.ts'
import { children, current, eventually, podsMade, testEnvironment, runOperator, settled } from './test-environment.ts'
import type { Running } from './test-environment.ts'
import { printLog } from './recent-log.ts'

const root = join(import.meta.dirname, '..', '..')
function yamlIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.includes('rejected-'))
    .map((file) => join(folder, file))
}

const pipelines = [...yamlIn('examples'), ...yamlIn('crds/fixtures')].flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), 'utf8'))
    .map((document) => document.toJS() as OrderPipeline | null)
    .filter((document) => document?.kind === orderPipelines.kind)
    .map((pipeline) => ({ file, pipeline: pipeline as OrderPipeline })),
)

/**
 * A node port belongs to the whole cluster, and other tests create these pipelines at the same
 * time: each gets a port of its own.
 */
for (const { pipeline } of pipelines) {
  const service = pipeline.spec.gateway?.service
  if (service) Reflect.deleteProperty(service, 'nodePort')
}

async function passes({ port }: Running): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return [...text.matchAll(/^orderpipeline_reconcile_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/**
 * The operator reads the pods of a new version every five seconds: a shorter time without writes
 * does not mean settled.
 */
const quietMs = 8_000

/** Fails at once where the operator has ended: nothing would come any more. */
function whileRunning<T>(operator: Running, work: Promise<T>): Promise<T> {
  const end = operator.ended.then((outcome) => {
    throw new Error(`the operator has ended: ${outcome}`)
  })
  return Promise.race([work, end])
}

describe('a second reconcile writes nothing', () => {
  it('of all examples and fixtures', () => {
    expect(pipelines.length).toBeGreaterThanOrEqual(3)
  })

  it.concurrent.for(pipelines)('of $file', async ({ file, pipeline }, { onTestFailed }) => {
    const on = await testEnvironment()
    const { name } = pipeline.metadata
    const start = async (environment: Record<string, string> = {}): Promise<Running> => {
      const operator = await runOperator(on, {}, environment)
      onTestFailed(() => printLog(`${file}, namespace ${on.namespace}`, operator))
      return operator
    }
    const operator = await start({ RESYNC_SECONDS: '10' })
    await on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, namespace: on.namespace } })
    const observed = async () => (await current(on, name))?.status?.observedGeneration === 1
    await whileRunning(operator, eventually('observed', observed))
    await settled(operator)
    await eventually('every pod made', () => podsMade(on), { withinMs: 120_000 })
    await settled(operator, quietMs)
    const [writeCount, before, objects] = [operator.writes.length, await passes(operator), await children(on)]
    const resynced = async () => (await passes(operator)) > before
    await whileRunning(operator, eventually('a resync', resynced))
    await operator.stop()
    const resyncWrites = operator.writes.slice(writeCount)

    const afresh = await start()
    const looked = async () => (await passes(afresh)) > 0
    await whileRunning(afresh, eventually('a first pass', looked))
    await settled(afresh, 2000)
    await afresh.stop()
    expect({ resync: resyncWrites, afresh: afresh.writes }).toEqual({ resync: [], afresh: [] })
    // A pipeline that needs what this installation does not have, such as Prometheus, gets a
    // condition, and perhaps no objects.
    const configured = (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'Configured')
    if (configured?.status === 'True') expect(objects.length).toBeGreaterThanOrEqual(pipeline.spec.stages.length * 4)
    process.stderr.write(
      `${name}: ${objects.length} objects made with ${writeCount} writes, then 0 (${configured?.reason})\n`,
    )
  })
})
