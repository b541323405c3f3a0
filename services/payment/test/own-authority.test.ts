// Is a payment provider reached whose certificate is of an authority of one's own, and refused
// without it?
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { startTlsProxy } from '@orderpipeline/cluster/testing'
import { trustAuthorities } from '@orderpipeline/config'
import { createStripe } from '../src/provider/stripe/stripe.ts'
import { intentsInMemory } from './intents-in-memory.ts'
import { startStripeServer } from './stripe-server.ts'

const publicAuthorities = getCACertificates('default')
afterEach(() => setDefaultCACertificates(publicAuthorities))

test('a payment provider is trusted by TLS_CA', async () => {
  const stripe = await startStripeServer()
  stripe.addCustomer('paying', 'pm_card_visa')
  const proxy = await startTlsProxy(Number(new URL(stripe.url).port))
  const address = { url: `https://localhost:${proxy.port}`, key: stripe.key, timeoutMs: 30_000 }
  const provider = createStripe({ ...address, intents: intentsInMemory(), now: () => Date.now() })
  const charge = { orderId: crypto.randomUUID(), customerId: 'paying', amountCents: 700, currency: 'EUR' }
  const { signal } = new AbortController()
  await expect(provider.charge(charge, signal)).rejects.toMatchObject({ reason: 'Unreachable' })
  trustAuthorities({ TLS_CA: proxy.ca })
  expect(await provider.charge(charge, signal)).toMatchObject({ status: 'captured' })
  await stripe.close()
  await proxy.close()
})
