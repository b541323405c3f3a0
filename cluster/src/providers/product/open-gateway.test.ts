import { expect, it } from 'vitest'
import { withoutDevServices } from '../extras.ts'
import { closeGateway, closingPatch } from './open-gateway.ts'

const shop = { namespace: 'default', name: 'shop' }

function pipeline(env: readonly object[]): object {
  return { spec: { gateway: { env } } }
}

it('removes AUTH=none alone, wherever it is in the list', () => {
  const env = [
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'AUTH', value: 'none' },
  ]
  expect(JSON.parse(closingPatch(pipeline(env)) ?? '')).toEqual([
    { op: 'test', path: '/spec/gateway/env/1/name', value: 'AUTH' },
    { op: 'remove', path: '/spec/gateway/env/1' },
  ])
})

it.each([[pipeline([])], [pipeline([{ name: 'AUTH_ISSUER', value: 'none' }])], [{ spec: {} }], [{}]])(
  'changes nothing in %j',
  (live) => expect(closingPatch(live)).toBeUndefined(),
)

it('leaves a pipeline alone that does not exist, or that is to be open', async () => {
  const calls: string[] = []
  const kubectl = (args: readonly string[]): Promise<string> => {
    calls.push(args[0] ?? '')
    return Promise.resolve('')
  }
  await closeGateway(kubectl, shop)
  await closeGateway(kubectl, shop, withoutDevServices)
  expect(calls).toEqual(['get'])
})
