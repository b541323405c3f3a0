// Does a plan say what is then so? On a real API server, with its objects written the way the
// operator writes them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeObject, OrderPipeline, Resource } from '@orderpipeline/operator/api'
import { childResources } from '@orderpipeline/operator/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { namespacePath, pipelinePath } from '@orderpipeline/client'
import type { PlannedStep } from '../src/plan/planned.ts'
import { apiServer, run } from '../src/testing/api-server.ts'
import type { ApiServer } from '../src/testing/api-server.ts'

interface Printed {
  readonly settings: string
  readonly objects: readonly KubeObject[]
  readonly steps: readonly PlannedStep[]
  readonly unchanged: number
}

const folder = mkdtempSync(join(tmpdir(), 'plan-'))
const file = join(folder, 'pipeline.yaml')
const fixture = parse(
  readFileSync(new URL('../../crds/fixtures/regular.yaml', import.meta.url), 'utf8'),
) as OrderPipeline
if (!fixture.spec.gateway) throw new Error('no gateway')
const { service: _service, ...gateway } = fixture.spec.gateway // one node port cannot be had by every test
const regular: OrderPipeline = { ...fixture, spec: { ...fixture.spec, gateway } }
let on: ApiServer
const { name } = regular.metadata

beforeAll(async () => {
  on = await apiServer()
  writeFileSync(file, stringify(regular))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function plan(...more: string[]) {
  return run(['plan', '-f', file, '-n', on.namespace, ...more])
}
async function planned(): Promise<Printed> {
  return JSON.parse((await plan('--json')).stdout) as Printed
}
function pathOf({ kind, metadata }: KubeObject): string {
  const resource = (childResources as readonly Resource[]).find((one) => one.kind === kind)
  if (!resource) throw new Error(`no resource of kind ${kind}`)
  return `${namespacePath(resource.apiVersion, on.namespace)}/${resource.plural}/${metadata.name}`
}
async function apply(objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects)
    await on.must(
      'PATCH',
      `${pathOf(object)}?fieldManager=orderpipeline-operator&force=true`,
      object,
      'application/apply-patch+yaml',
    )
}
function step(steps: readonly PlannedStep[], kind: string, of: string): PlannedStep | undefined {
  return steps.find((one) => one.kind === kind && one.name === of)
}

describe('orderpipeline plan', () => {
  it('creates every object in an empty namespace, with the steps as comments of the YAML', async () => {
    const { code, stdout } = await plan('--exit-code')
    expect(code).toBe(3)
    const { objects, steps } = await planned()
    const documents = parseAllDocuments(stdout)
      .map((document) => document.toJS() as KubeObject | null)
      .filter((document) => document !== null)
    expect(documents).toEqual(objects)
    expect(steps.every(({ action }) => action === 'create')).toBe(true)
    expect(steps).toHaveLength(objects.length + 1)
    expect(stdout).toContain(`# + OrderPipeline ${name}`)
    expect(stdout).toContain(`# Plan: ${steps.length} to create, 0 to change, 0 to delete, 0 unchanged.`)
  })

  it('has no step after it was applied', async () => {
    await on.must('POST', pipelinePath(on.namespace), regular)
    await apply((await planned()).objects)
    const { steps, objects, unchanged } = await planned()
    expect(steps).toEqual([])
    expect(unchanged).toBe(objects.length)
    expect((await plan('--exit-code', '--only', 'diff')).code).toBe(0)
  })

  it('prints each path that an edit changes with the old and the new value, and what it removes', async () => {
    const [first, ...others] = regular.spec.stages
    if (!first) throw new Error('a pipeline without stages')
    const { env: _env, ...bare } = first
    const edited = {
      ...bare,
      concurrency: 77,
      scaling: { ...first.scaling, maxReplicas: first.scaling.maxReplicas - 1 },
    }
    writeFileSync(file, stringify({ ...regular, spec: { ...regular.spec, stages: [edited, ...others.slice(1)] } }))
    const { steps } = await planned()
    const path = `spec.stages[${first.name}]`
    const changes = step(steps, 'OrderPipeline', name)?.differences
    expect(changes).toContainEqual({ path: `${path}.concurrency`, from: first.concurrency ?? 10, to: 77 })
    const [removed] = others
    expect(changes?.find((one) => one.path === `spec.stages[${removed?.name}]`)?.to).toBeUndefined()

    const workload = `${name}-${first.name}`
    expect(step(steps, 'ScaledObject', workload)?.differences).toContainEqual({
      path: 'spec.maxReplicaCount',
      from: first.scaling.maxReplicas,
      to: first.scaling.maxReplicas - 1,
    })
    const inPod = step(steps, 'Deployment', workload)?.differences ?? []
    const variables = 'spec.template.spec.containers[stage].env'
    expect(inPod).toContainEqual({
      path: `${variables}[STAGE_CONCURRENCY].value`,
      from: String(first.concurrency ?? 10),
      to: '77',
    })
    // What the stage no longer sets itself it gets from the pipeline again.
    for (const variable of (first.env ?? []).filter((one) => one.name !== 'DATABASE_URL'))
      expect(inPod).toContainEqual({
        path: `${variables}[${variable.name}]`,
        from: expect.objectContaining({ name: variable.name }) as unknown,
      })
    for (const kind of ['Deployment', 'ScaledObject', 'ServiceAccount'])
      expect(step(steps, kind, `${name}-${removed?.name}`)?.action).toBe('delete')
    const { stdout } = await plan('--only', 'diff')
    expect(stdout).toContain(`    ${variables}[STAGE_CONCURRENCY].value: "${first.concurrency ?? 10}" → "77"\n`)
  })

  it('restores fields that another writer changed, and does not change objects of other owners', async () => {
    writeFileSync(file, stringify(regular))
    const [first] = regular.spec.stages
    const workload = `${name}-${first?.name}`
    const budget = `${namespacePath('policy/v1', on.namespace)}/poddisruptionbudgets/${workload}`
    await on.must('PATCH', budget, { spec: { maxUnavailable: 3 } }, 'application/merge-patch+json')
    const account = `${namespacePath('v1', on.namespace)}/serviceaccounts`
    await on.must('DELETE', `${account}/${workload}`)
    await on.must('POST', account, { metadata: { name: workload, labels: { 'app.kubernetes.io/managed-by': 'Helm' } } })
    const { steps } = await planned()
    expect(steps).toEqual([
      expect.objectContaining({
        action: 'refuse',
        kind: 'ServiceAccount',
        note: 'it belongs to Helm and is not changed',
      }),
      expect.objectContaining({
        action: 'change',
        kind: 'PodDisruptionBudget',
        differences: [{ path: 'spec.maxUnavailable', from: 3, to: '25%' }],
        note: 'another writer changed it; the operator restores it',
      }),
    ])
    expect((await plan('--only', 'diff')).stdout).toMatch(/1 to change, 0 to delete, 1 of other owners/)
  })

  it('uses the settings of the operator that watches the namespace', async () => {
    const env = [
      { name: 'SERVICES_IMAGE', value: 'registry.example/services:7' },
      { name: 'IMAGE_PULL_SECRETS', value: 'registry-login' },
      { name: 'WATCH_NAMESPACE', value: on.namespace },
    ]
    const labels = { 'app.kubernetes.io/name': 'orderpipeline-operator' }
    await on.must('POST', `${namespacePath('apps/v1', on.namespace)}/deployments`, {
      metadata: { name: 'operator', labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'operator', image: 'operator:7', env }] } },
      },
    })
    const { settings, objects } = await planned()
    expect(settings).toBe(`the operator's settings are those of Deployment ${on.namespace}/operator`)
    expect(JSON.stringify(objects)).toContain('registry-login')
    // Another image of the operator's moves no pipeline that runs.
    expect(JSON.stringify(objects)).not.toContain('registry.example/services:7')
  })

  it('checks the rules on changes against the version in the cluster', async () => {
    writeFileSync(file, stringify({ ...regular, spec: { ...regular.spec, kafka: { strimziCluster: 'another' } } }))
    expect(await plan()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('strimziCluster cannot be changed') as string,
    })
  })

  it('shows only the objects if there is no cluster, unless the diff was requested', async () => {
    writeFileSync(file, stringify(regular))
    const alone = await run(['plan', '-f', file], { kubeconfig: '/does/not/exist' })
    expect(alone).toMatchObject({ code: 0, stderr: expect.stringContaining('No kubeconfig found') as string })
    expect(alone.stdout).toContain('kind: ScaledObject')
    expect(await run(['plan', '-f', file, '--only', 'diff'], { kubeconfig: '/does/not/exist' })).toMatchObject({
      code: 1,
    })
    expect(await plan('--only', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--only: found "nothing"; allowed: objects, diff') as string,
    })
  })
})
