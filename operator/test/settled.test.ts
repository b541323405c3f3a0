// Does a settled pipeline cost nothing? Every example and every accepted fixture on a real API server: once it has settled, a second
// reconcile, by the operator that made it and by one that starts afresh, writes nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { type OrderPipeline, orderPipelines } from '../src/api/index.ts'
import { children, current, eventually, ground, type Running, runOperator, settled } from './harness.ts'

const root = join(import.meta.dirname, '..', '..')
const yamlIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.includes('rejected-'))
    .map((file) => join(folder, file))

const pipelines = [...yamlIn('examples'), ...yamlIn('crds/fixtures')].flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), 'utf8'))
    .map((document) => document.toJS() as OrderPipeline | null)
    .filter((document) => document?.kind === orderPipelines.kind)
    .map((pipeline) => ({ file, pipeline: pipeline as OrderPipeline })),
)

/** A node port is the whole cluster's, and the extended shop is the shop again: it has its port dealt. */
const taken = new Set<number>()
for (const { pipeline } of pipelines) {
  const service = pipeline.spec.gateway?.service
  if (service?.nodePort === undefined) continue
  if (taken.has(service.nodePort)) Reflect.deleteProperty(service, 'nodePort')
  else taken.add(service.nodePort)
}

const passes = async ({ port }: Running): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return [...text.matchAll(/^orderpipeline_reconcile_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

describe('a second reconcile writes nothing', () => {
  it('of the examples and fixtures there are', () => {
    expect(pipelines.length).toBeGreaterThanOrEqual(3)
  })

  it.concurrent.each(pipelines)('of $file', async ({ pipeline }) => {
    const on = await ground()
    const { name } = pipeline.metadata
    const operator = await runOperator(on, {}, { RESYNC_SECONDS: '10' })
    await on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, namespace: on.namespace } })
    await eventually('observed', async () => (await current(on, name))?.status?.observedGeneration === 1)
    await settled(operator, 3000)
    const [written, before, objects] = [operator.writes.length, await passes(operator), await children(on)]
    await eventually('a resync', async () => (await passes(operator)) > before)
    await operator.stop()
    const made = operator.writes.slice(written)

    const afresh = await runOperator(on)
    await eventually('a first pass', async () => (await passes(afresh)) > 0)
    await settled(afresh, 2000)
    await afresh.stop()
    expect({ resync: made, afresh: afresh.writes }).toEqual({ resync: [], afresh: [] })
    // One that asks for what this installation does not have, such as Prometheus, is told so and may get none.
    const configured = (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'Configured')
    if (configured?.status === 'True') expect(objects.length).toBeGreaterThanOrEqual(pipeline.spec.stages.length * 4)
    process.stderr.write(
      `${name}: ${objects.length} objects made with ${written} writes, then 0 (${configured?.reason})\n`,
    )
  })
})
