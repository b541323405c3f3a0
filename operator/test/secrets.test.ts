// Do pods follow the Secrets that they take values from, as far as the operator may read them?
import { describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Deployment, Resource } from '../src/api/index.ts'
import { child, eventually, testEnvironment, patch, pipelineFrom, runOperator, settled } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }
const often = { SECRETS_INTERVAL_SECONDS: '1', RESYNC_SECONDS: '10' }

async function start(on: TestEnvironment): Promise<void> {
  const stringData = { url: 'postgresql://shop:one@db/shop', other: 'x' }
  await on.kube.create(secrets, {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: on.namespace } },
    ...{ stringData },
  })
  const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
  const database = { secretName: 'db', key: 'url' }
  await on.kube.create(orderPipelines, { ...pipeline, spec: { ...pipeline.spec, database } })
}
function change(on: TestEnvironment, stringData: Record<string, string>) {
  return patch(on, secrets, 'db', { stringData })
}
async function digestAnnotation(on: TestEnvironment): Promise<string | undefined> {
  const deployment = (await child(on, 'Deployment', 'minimal-notification')) as Deployment | undefined
  if (!deployment) return undefined
  return deployment.spec.template.metadata?.annotations?.['orderpipeline.dev/secrets'] ?? 'none'
}

describe('a Secret whose values pods use', () => {
  it('replaces the pods only when the value changes', async () => {
    const on = await testEnvironment()
    const operator = await runOperator(on, {}, often)
    await start(on)
    const first = await eventually('made', () => digestAnnotation(on))
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    await change(on, { other: 'y' })
    await settled(operator, 12_000) // more than a resync
    expect(await digestAnnotation(on)).toBe(first)
    const before = operator.writes.length
    await change(on, { url: 'postgresql://shop:two@db/shop' })
    await eventually('another version', async () => (await digestAnnotation(on)) !== first)
    // The server shows the change before the operator has the answer to its request.
    const patched = 'PATCH deployments/minimal-notification'
    await eventually('a patch of the Deployment', () =>
      Promise.resolve(operator.writes.slice(before).includes(patched)),
    )
    await operator.stop()
  })

  it('is ignored if the operator may not read Secrets', async () => {
    const on = await testEnvironment(false)
    const operator = await runOperator(on, {}, often)
    await start(on)
    expect(await eventually('made', () => digestAnnotation(on))).toBe('none')
    await operator.stop()
  })
})
