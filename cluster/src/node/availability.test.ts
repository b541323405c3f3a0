import { expect, test } from 'vitest'
import { unavailable } from './availability.ts'
import type { KubeObject } from './objects.ts'

function object(kind: string, name: string, type: string, status: string, message?: string): KubeObject {
  return {
    ...{ apiVersion: 'v1', kind, metadata: { name } },
    status: { conditions: [{ type, status, ...(message === undefined ? {} : { message }) }] },
  }
}

const all = [
  object('Node', 'local', 'Ready', 'True'),
  ...['coredns', 'keda-operator', 'keda-metrics-apiserver', 'metrics-server'].map((name) =>
    object('Deployment', name, 'Available', 'True'),
  ),
  ...['v1beta1.external.metrics.k8s.io', 'v1beta1.metrics.k8s.io'].map((name) =>
    object('APIService', name, 'Available', 'True'),
  ),
]

test('no object is missing when all report that they are ready', () => {
  for (const addon of ['dns', 'keda', 'metrics-server'] as const) expect(unavailable(addon, all)).toEqual([])
})

test('a missing object, and an object that reports why it is not ready, are both named', () => {
  const broken = object('Deployment', 'coredns', 'Available', 'False', 'no minimum availability')
  const live = [broken, ...all.filter(({ metadata }) => !['coredns', 'local'].includes(metadata.name))]
  expect(unavailable('dns', live)).toEqual([
    { name: 'local', reason: 'not there' },
    { name: 'coredns', reason: 'no minimum availability' },
  ])
  expect(unavailable('keda', live)).toEqual([{ name: 'local', reason: 'not there' }])
})
