import { expect, it } from 'vitest'
import { nextSteps } from './next-steps.ts'
import type { Summary } from './next-steps.ts'

const summary: Summary = {
  ...{
    pipeline: 'shop',
    file: 'shop.yaml',
    gateway: 'http://127.0.0.1:30080',
    console: undefined,
    provider: undefined,
  },
  ...{ devServices: 'http://127.0.0.1:21000', tokens: true, notes: [], notRun: [], state: '/state' },
}

it('prints an order with a token where the gateway asks for one, in one command', () => {
  const order = nextSteps(summary, 5_000).find((line) => line.includes('/v1/orders -H'))
  expect(order).toContain('-H "authorization: Bearer $(npm run -s orderpipeline -- token me)"')
})

it('prints an order without a token where the gateway is open', () => {
  const text = nextSteps({ ...summary, tokens: false, devServices: undefined }, 5_000).join('\n')
  expect(text).not.toContain('token')
  expect(text).not.toContain('/mails')
})

it('prints where the mails and the traces are seen', () => {
  const text = nextSteps(summary, 5_000).join('\n')
  expect(text).toContain('http://127.0.0.1:21000/mails')
  expect(text).toContain('http://127.0.0.1:21000/traces')
})

it('prints the address of the console before anything else to type', () => {
  const address = 'http://127.0.0.1:4480/#key=k'
  const lines = nextSteps({ ...summary, console: address }, 5_000)
  expect(lines.findIndex((line) => line.includes(address))).toBe(2)
})
