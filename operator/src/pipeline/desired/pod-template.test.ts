import { describe, expect, it } from 'vitest'
import type { ChildObject, Deployment, OrderPipelineSpec, ServiceAccount } from '../../api/index.ts'
import { desired } from './desired.ts'
import { graceSeconds } from './pod-template.ts'
import { pipeline, settings, stage } from '../testing.ts'
import { validate } from '../validate.ts'

function objectsOf(spec: Partial<OrderPipelineSpec>, imagePullSecrets: readonly string[] = []): ChildObject[] {
  return desired(pipeline(spec), [], { ...settings, imagePullSecrets })
}
function podOf(objects: readonly ChildObject[]) {
  const deployment = objects.find((object): object is Deployment => object.kind === 'Deployment')
  if (!deployment) throw new Error('no Deployment')
  return deployment.spec.template
}
function accountOf(objects: readonly ChildObject[]) {
  return objects.find((object): object is ServiceAccount => object.kind === 'ServiceAccount')
}

describe('the pods of a stage or the gateway', () => {
  it('pull their image with the Secrets of the operator, the pipeline and the stage, and so does their ServiceAccount', () => {
    const template = { imagePullSecrets: ['pipeline', 'operator'] }
    const stages = [stage({ template: { imagePullSecrets: ['part'] } })]
    const objects = objectsOf({ template, stages }, ['operator'])
    const names = ['operator', 'pipeline', 'part'].map((name) => ({ name }))
    expect(podOf(objects).spec?.imagePullSecrets).toEqual(names)
    expect(accountOf(objects)?.imagePullSecrets).toEqual(names)
    expect(podOf(objectsOf({})).spec).not.toHaveProperty('imagePullSecrets')
  })

  it('have a writable /tmp, although their root file system is read-only', () => {
    const { spec } = podOf(objectsOf({}))
    expect(spec?.volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }])
    expect(spec?.containers[0]).toMatchObject({
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      securityContext: { readOnlyRootFilesystem: true },
    })
  })

  it('leave user and groups to the cluster with an empty securityContext, and never run as root', () => {
    const ids = (template?: OrderPipelineSpec['template']) =>
      podOf(objectsOf(template ? { template } : {})).spec?.securityContext
    expect(ids()).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 })
    expect(ids({ securityContext: {} })).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(ids({ securityContext: { runAsUser: 7 } })).toMatchObject({ runAsNonRoot: true, runAsUser: 7 })
  })

  it('are reachable on their ports, which the NetworkPolicy allows by number', () => {
    const objects = objectsOf({ gateway: { scaling: { minReplicas: 1, maxReplicas: 2, cpuPercent: 70 } } })
    const admitted = objects.flatMap((object) =>
      object.kind === 'NetworkPolicy' ? [[object.metadata.name, object.spec.ingress?.[0]?.ports]] : [],
    )
    const tcp = (port: number) => ({ port, protocol: 'TCP' })
    expect(Object.fromEntries(admitted)).toEqual({
      'shop-gateway': [tcp(8080), tcp(9090)],
      'shop-payment': [tcp(9090)],
    })
  })

  it('keep the labels that the operator selects them by, with any template', () => {
    const labels = { 'orderpipeline.dev/stage': 'other', 'example.com/team': 'shop' }
    const { metadata } = podOf(objectsOf({ template: { labels } }))
    expect(metadata?.labels).toMatchObject({ 'orderpipeline.dev/stage': 'payment', 'example.com/team': 'shop' })
  })

  it('have a grace period for long messages, and a built-in stage knows it', () => {
    expect(
      [undefined, 1, 90, 3600].map((workSeconds) => graceSeconds(stage({ workSeconds: workSeconds ?? 0 }))),
    ).toEqual([45, 45, 200, 3600])
    const { spec } = podOf(objectsOf({ stages: [stage({ workSeconds: 90 })] }))
    expect(spec?.terminationGracePeriodSeconds).toBe(200)
    expect(spec?.containers[0]?.env).toContainEqual({ name: 'DRAIN_GRACE_SECONDS', value: '180' })
  })
})

describe('the program of a stage or the gateway', () => {
  const container = (spec: Partial<OrderPipelineSpec>) => {
    const { image, args } = podOf(objectsOf(spec)).spec?.containers[0] ?? {}
    return { image, args }
  }

  it('is the built-in program of its name, from the image of the operator, the pipeline or the stage', () => {
    const args = ['/app/payment.mjs']
    expect(container({})).toEqual({ image: 'services:1', args })
    expect(container({ image: 'mirror/services:2' })).toEqual({ image: 'mirror/services:2', args })
    const stages = [stage({ image: 'mirror/services:3', builtIn: true })]
    expect(container({ image: 'mirror/services:2', stages })).toEqual({ image: 'mirror/services:3', args })
  })

  it('is that of its own image unless builtIn is true', () => {
    expect(container({ stages: [stage({ image: 'our/payment:1' })] })).toEqual({ image: 'our/payment:1' })
  })
})

it('the validation refuses invalid labels, labels of the operator, and annotations that weaken the pods', () => {
  const template = {
    labels: { 'app.kubernetes.io/name': 'x', 'bad key': 'y', team: 'a b' },
    annotations: { 'container.apparmor.security.beta.kubernetes.io/stage': 'unconfined' },
  }
  const problems = validate(pipeline({ stages: [stage({ template })] }).spec)
  expect(problems.map(({ path, reason }) => [path, reason])).toEqual([
    ['spec.stages[payment].template.labels', 'TemplateInvalid'],
    ['spec.stages[payment].template.labels', 'TemplateInvalid'],
    ['spec.stages[payment].template.labels.team', 'TemplateInvalid'],
    ['spec.stages[payment].template.annotations', 'TemplateInvalid'],
  ])
  expect(validate(pipeline({ template: { labels: { 'example.com/team': 'shop' } } }).spec)).toEqual([])
})
