import { expect, it } from 'vitest'
import { resources } from '../objects/versioned-objects.ts'
import { target } from './paths.ts'

it('a path is parsed as a list, an object or a subresource', () => {
  expect(target('/apis/apps/v1/deployments', resources)).toMatchObject({ namespace: undefined, name: undefined })
  const one = target('/apis/orderpipeline.dev/v1alpha1/namespaces/default/orderpipelines/shop', resources)
  expect(one).toMatchObject({ resource: { kind: 'OrderPipeline' }, namespace: 'default', name: 'shop' })
  expect(target('/api/v1/namespaces/default/pods/a/log', resources)).toMatchObject({ name: 'a', subresource: 'log' })
})

it('a proxied path is parsed into the port and the rest', () => {
  const at = target('/api/v1/namespaces/default/services/payment-provider:8080/proxy/v1/behaviour', resources)
  expect(at).toMatchObject({ name: 'payment-provider', port: '8080', subresource: 'proxy', rest: 'v1/behaviour' })
})

it('other paths are not parsed', () => {
  for (const path of ['/', '/metrics', '/api/v1/nodes', '/apis/apps/v2/deployments'])
    expect(target(path, resources)).toBeUndefined()
})
