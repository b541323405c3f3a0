// Is a charge of an order that has ended found although the provider has forgotten its key, and is
// one that is still under way not taken for none?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { intentsInMemory } from '../../test/intents-in-memory.ts'
import { startStripeServer } from '../../test/stripe-server.ts'
import type { StripeServer } from '../../test/stripe-server.ts'
import type { Provider } from '../provider/provider.ts'
import { placedAtMs } from '@orderpipeline/order-events'
import { isForgotten, stoppedOrCaptured } from './stopping.ts'
import { createStripe } from '../provider/stripe/stripe.ts'

let stripe: StripeServer
beforeAll(async () => {
  stripe = await startStripeServer()
  stripe.addCustomer('paying', 'pm_card_visa')
  stripe.addCustomer('bank', 'pm_bankDebit')
})
afterAll(() => stripe.close())
beforeEach(() => {
  stripe.intents.clear()
  stripe.forgetKeys()
})

const never = new AbortController().signal
/** Without any of the intents that an earlier one has noted: as after a month. */
function adapter(): Provider {
  const options = { url: stripe.url, key: stripe.key, timeoutMs: 30_000, now: () => Date.now() }
  return createStripe({ ...options, intents: intentsInMemory() })
}
function chargeBy(customerId: string) {
  return { orderId: randomUUID(), customerId, amountCents: 700, currency: 'EUR' }
}

test('finds the charge of an order whose intent is not noted any more', async () => {
  const charge = chargeBy('paying')
  const { chargeId } = (await adapter().charge(charge, never)) as { chargeId: string }
  stripe.forgetKeys()
  expect(await stoppedOrCaptured(adapter(), { ...charge, forgotten: true }, never)).toBe(chargeId)
})

test('a bank debit that is not noted any more is neither voided nor lost', async () => {
  const [charge, provider] = [chargeBy('bank'), adapter()]
  await adapter().charge(charge, never)
  const ending = () => stoppedOrCaptured(provider, { ...charge, forgotten: true }, never)
  await expect(ending()).rejects.toMatchObject({ reason: 'InFlight' })
  const [intent] = stripe.intents.values()
  stripe.decide(intent?.id ?? '', 'succeeded')
  expect(await ending()).toBe(intent?.id)
})

test('asks once for an order whose key is remembered', async () => {
  stripe.calls.length = 0
  expect(await stoppedOrCaptured(adapter(), { ...chargeBy('paying'), forgotten: false }, never)).toBeUndefined()
  expect(stripe.calls).toEqual([])
})

test('a key is forgotten after the hours for which the provider remembers it', () => {
  const orderId = '019b0000-0000-7000-8000-000000000001'
  const placedMs = placedAtMs(orderId) ?? NaN
  expect(placedMs).toBe(0x019b00000000)
  expect(isForgotten(placedMs, { keyHours: 24, nowMs: placedMs + 86_400_000 })).toBe(false)
  expect(isForgotten(placedMs, { keyHours: 24, nowMs: placedMs + 86_400_001 })).toBe(true)
  expect(placedAtMs('5f0c1a52-7a2b-4c3d-8e4f-5a6b7c8d9e0f')).toBeUndefined()
})
