// Which way does a customer's request take to the gateway?
import { expect, it } from 'vitest'
import { customerRequests } from './customer-requests.ts'

const pipeline = { metadata: { name: 'shop', namespace: 'default' } }

function kubeWith(env: readonly object[]) {
  return {
    get: <Body>(path: string) =>
      Promise.resolve((path.endsWith('/orderpipelines/shop') ? { spec: { gateway: { env } } } : undefined) as Body),
  }
}

it('goes straight to a gateway that is open', async () => {
  const requests = customerRequests(kubeWith([{ name: 'AUTH', value: 'none' }]))
  expect(await requests.pathOf(pipeline, 'me', '/v1/orders')).toBe(
    '/api/v1/namespaces/default/services/shop-gateway:8080/proxy/v1/orders',
  )
})

it('goes straight to a gateway that asks for tokens of another issuer, which refuses it', async () => {
  const requests = customerRequests(kubeWith([{ name: 'AUTH_ISSUER', value: 'https://login.example.com' }]))
  expect(await requests.orderPathOf(pipeline, 'o-1')).toContain('/services/shop-gateway:8080/')
})

it('goes by the development services where the gateway asks for tokens of their issuer', async () => {
  const requests = customerRequests(kubeWith([{ name: 'AUTH_ISSUER', value: 'http://dev-services:8080' }]))
  const services = '/api/v1/namespaces/default/services/dev-services:8080/proxy'
  expect(await requests.pathOf(pipeline, 'a/b', '/v1/orders?limit=1')).toBe(`${services}/as/a%2Fb/v1/orders?limit=1`)
  expect(await requests.orderPathOf(pipeline, 'o-1')).toBe(`${services}/orders/o-1`)
})
