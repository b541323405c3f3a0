import { expect, test } from 'vitest'
import { kedaObjects } from './keda.ts'
import { containersOf, objectsOf } from './objects.ts'
import type { KubeObject } from './objects.ts'

const rendered = objectsOf(`
apiVersion: v1
kind: Service
metadata: { name: keda-admission-webhooks, namespace: keda }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: keda-admission }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: keda-operator, namespace: keda }
spec:
  template:
    spec:
      containers:
        - name: keda-operator
          image: ghcr.io/kedacore/keda:latest
          imagePullPolicy: Always
          args: [--leader-elect, --enable-cert-rotation=true]
          readinessProbe: { httpGet: { path: /readyz, port: 8081 }, initialDelaySeconds: 20 }
`)

test('KEDA’s admission webhook is omitted, with its Service', () => {
  expect(kedaObjects(rendered).map(({ metadata }) => metadata.name)).toEqual(['keda-operator'])
})

test('KEDA’s images come from this machine, and its other flags and probes stay', () => {
  const [container] = kedaObjects(rendered).flatMap(containersOf)
  expect(container?.image).toMatch(/^orderpipeline\.local\/keda-operator:/)
  expect(container?.imagePullPolicy).toBe('Never')
  expect(container?.args).toContain('--enable-cert-rotation=true')
  expect(container?.args).not.toContain('--leader-elect')
  expect(container?.readinessProbe).toMatchObject({ httpGet: { path: '/readyz' }, initialDelaySeconds: 1 })
})

test('the input manifests are not changed', () => {
  const before = structuredClone(rendered)
  kedaObjects(rendered)
  expect(rendered).toEqual(before)
})

test('an unknown container of a new KEDA is an error, not a missing image', () => {
  const unknown: KubeObject[] = objectsOf(
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { template: { spec: { containers: [{ name: x }] } } }',
  )
  expect(() => kedaObjects(unknown)).toThrow('no image here')
})
