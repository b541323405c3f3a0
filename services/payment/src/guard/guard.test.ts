// Is a failing provider left alone for a while, asked again one call first, and never for the fault
// of a single order?
import { expect, test, vi } from 'vitest'
import { guarded } from './guard.ts'
import type { GuardOptions } from './guard.ts'
import { ProviderError } from '../provider/provider.ts'
import type { ChargeOutcome, ProviderFailure } from '../provider/provider.ts'
import { createRateLimit } from './rate-limit.ts'

const charge = { orderId: 'order-1', customerId: 'customer-1', amountCents: 700, currency: 'EUR' }
const never = new AbortController().signal
const figures: GuardOptions = {
  perSecond: 100_000,
  attempts: 1,
  backoffMs: 1,
  breaker: { window: 10, minCalls: 5, failureRate: 0.5, openMs: 60 },
}

/** Answers in turn; the last one for ever. */
function providerThat(...answers: (ChargeOutcome | ProviderFailure)[]) {
  let requests = 0
  const answer = (): Promise<ChargeOutcome> => {
    const next = answers[Math.min(requests++, answers.length - 1)] ?? 'Failing'
    return typeof next === 'string' ? Promise.reject(new ProviderError(next, next)) : Promise.resolve(next)
  }
  const notExpected = () => Promise.reject(new Error('not asked in this test'))
  return {
    provider: { charge: answer, stop: notExpected, find: notExpected, refund: notExpected, findRefund: notExpected },
    requestCount: () => requests,
  }
}
const captured: ChargeOutcome = { status: 'captured', chargeId: 'ch-1' }
const declined: ChargeOutcome = { status: 'declined', reason: 'no' }

async function reasonsOf(count: number, call: () => Promise<unknown>): Promise<string[]> {
  const reasons: string[] = []
  for (let n = 0; n < count; n++)
    reasons.push(
      await call().then(
        () => 'answered',
        (error: unknown) => (error instanceof ProviderError ? error.reason : String(error)),
      ),
    )
  return reasons
}

test('opens after half of five calls failed, and refuses calls as an outage', async () => {
  const { provider, requestCount } = providerThat(captured, captured, 'Failing', 'Busy', 'Unreachable')
  const guard = guarded(provider, { ...figures, breaker: { ...figures.breaker, openMs: 60_000 } })
  const call = () => guard.charge(charge, never)
  expect(await reasonsOf(4, call)).toEqual(['answered', 'answered', 'Failing', 'Busy'])
  expect(guard.open).toBe(false)
  expect(await reasonsOf(3, call)).toEqual(['Unreachable', 'CircuitOpen', 'CircuitOpen'])
  expect(guard.open).toBe(true)
  expect(requestCount()).toBe(5)
  await expect(call()).rejects.toMatchObject({ outage: true, retry: true })
})

test('makes one probe after a while, which decides about the others', async () => {
  const { provider, requestCount } = providerThat(...Array.from({ length: 6 }, () => 'Busy' as const), captured)
  const transitions: string[] = []
  const guard = guarded(provider, {
    ...figures,
    onOpen: () => transitions.push('open'),
    onClose: () => transitions.push('closed'),
  })
  const call = () => guard.charge(charge, never)
  await reasonsOf(5, call)
  await expect.poll(() => guard.open).toBe(false)
  expect(await reasonsOf(1, call)).toEqual(['Busy'])
  expect(guard.open).toBe(true)
  await expect.poll(() => guard.open).toBe(false)
  expect(await reasonsOf(3, call)).toEqual(['answered', 'answered', 'answered'])
  expect(transitions).toEqual(['open', 'open', 'closed'])
  expect(requestCount()).toBe(9)
})

test('does not count declined, refused or pending charges as failures', async () => {
  const { provider, requestCount } = providerThat(
    declined,
    'Refused',
    'InFlight',
    'Refused',
    'Refused',
    'InFlight',
    declined,
  )
  const guard = guarded(provider, figures)
  await reasonsOf(12, () => guard.charge(charge, never))
  expect(requestCount()).toBe(12)
  expect(guard.open).toBe(false)
})

test('opens on wrong credentials instead of making dead letters', async () => {
  const { provider, requestCount } = providerThat('Misconfigured')
  const failures: unknown[] = []
  const breaker = { ...figures.breaker, openMs: 60_000 }
  const guard = guarded(provider, { ...figures, breaker, attempts: 3, onOpen: (failure) => failures.push(failure) })
  expect(await reasonsOf(6, () => guard.charge(charge, never))).toEqual([
    ...Array.from({ length: 5 }, () => 'Misconfigured'),
    'CircuitOpen',
  ])
  expect(requestCount()).toBe(5)
  expect(failures).toMatchObject([{ reason: 'Misconfigured' }])
})

test.each(['InFlight', 'Refused'] as const)(
  'a probe that is %s decides nothing, and the next call probes',
  async (unclear) => {
    let nowMs = 0
    const answers = [...Array.from({ length: 5 }, () => 'Busy' as const), unclear, unclear, 'Busy' as const, captured]
    const { provider, requestCount } = providerThat(...answers)
    const events: string[] = []
    const guard = guarded(provider, {
      ...figures,
      clock: () => nowMs,
      onOpen: () => events.push('open'),
      onClose: () => events.push('closed'),
    })
    const call = () => guard.charge(charge, never)
    await reasonsOf(5, call)
    nowMs += 60
    // Made at once: one probes after the other, and what comes after a failed probe is refused.
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => reasonsOf(1, call)))
    expect(outcomes.flat()).toEqual([unclear, unclear, 'Busy', 'CircuitOpen', 'CircuitOpen'])
    expect(requestCount()).toBe(8)
    expect(events).toEqual(['open', 'open'])
    nowMs += 60
    expect(await reasonsOf(2, call)).toEqual(['answered', 'answered'])
    expect(events).toEqual(['open', 'open', 'closed'])
  },
)

test('blames an order for a failure only if another order succeeds meanwhile', async () => {
  const failing = new Set(['order-1', 'order-2'])
  const rejectCall = () => Promise.reject(new Error('not asked in this test'))
  const guard = guarded(
    {
      charge: ({ orderId }) =>
        failing.has(orderId) ? Promise.reject(new ProviderError('Failing', '500')) : Promise.resolve(captured),
      stop: rejectCall,
      find: rejectCall,
      refund: rejectCall,
      findRefund: rejectCall,
    },
    { ...figures, breaker: { ...figures.breaker, failureRate: 1 } },
  )
  const outageOf = (orderId: string) =>
    guard.charge({ ...charge, orderId }, never).then(
      () => undefined,
      (error: unknown) => error instanceof ProviderError && error.outage,
    )
  expect([await outageOf('order-1'), await outageOf('order-1'), await outageOf('order-2')]).toEqual([true, true, true])
  failing.delete('order-2')
  expect(await outageOf('order-2')).toBeUndefined()
  expect(await outageOf('order-1')).toBe(false)
})

test('answers without what a provider need not know leave the breaker as it is', async () => {
  const { provider } = providerThat(captured)
  const findRefund = () => Promise.reject(new ProviderError('Unsupported', 'an answer without refunds'))
  const guard = guarded({ ...provider, findRefund }, { ...figures, attempts: 3 })
  const reasons = await reasonsOf(10, () => guard.findRefund('order-1', 'ch-1', never))
  expect(new Set(reasons)).toEqual(new Set(['Unsupported']))
  expect(guard.open).toBe(false)
  expect(await guard.charge(charge, never)).toEqual(captured)
})

test('retries a failed call up to three times, and a refused one never', async () => {
  const recovering = providerThat('Failing', 'Busy', captured)
  const three = { ...figures, attempts: 3 }
  expect(await guarded(recovering.provider, three).charge(charge, never)).toEqual(captured)
  expect(recovering.requestCount()).toBe(3)
  const failing = providerThat('Failing')
  await expect(guarded(failing.provider, three).charge(charge, never)).rejects.toMatchObject({ reason: 'Failing' })
  expect(failing.requestCount()).toBe(3)
  const refusing = providerThat('Refused')
  await expect(guarded(refusing.provider, three).charge(charge, never)).rejects.toMatchObject({ reason: 'Refused' })
  expect(refusing.requestCount()).toBe(1)
})

test.each([
  { chance: 0, waits: [500, 1_000, 2_000] },
  { chance: 0.5, waits: [750, 1_500, 3_000] },
  { chance: 1, waits: [1_000, 2_000, 4_000] },
])('doubles the wait between attempts, half of it random ($chance)', async ({ chance, waits }) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { provider, requestCount } = providerThat('Failing')
    const patient = { ...figures, attempts: waits.length + 1, backoffMs: 1_000, random: () => chance }
    const failure = reasonsOf(1, () => guarded(provider, patient).charge(charge, never))
    await vi.advanceTimersByTimeAsync(0)
    for (const [n, wait] of waits.entries()) {
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(requestCount()).toBe(n + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(requestCount()).toBe(n + 2)
    }
    expect(await failure).toEqual(['Failing'])
  } finally {
    vi.useRealTimers()
  }
})

test('goes on slowly after an outage, and at full speed a little later', async () => {
  let nowMs = 0
  const { provider } = providerThat(...Array.from({ length: 5 }, () => 'Busy' as const), captured)
  const guard = guarded(provider, { ...figures, clock: () => nowMs })
  nowMs += 60_000
  expect(guard.rate).toBe(100_000)
  await reasonsOf(5, () => guard.charge(charge, never))
  nowMs += 60
  expect(await reasonsOf(1, () => guard.charge(charge, never))).toEqual(['answered'])
  expect(guard.rate).toBe(10_000)
  nowMs += 60_000
  expect(guard.rate).toBe(100_000)
})

test('spaces calls after the burst, which recovers with time', () => {
  const limit = createRateLimit(100, 3)
  expect([0, 0, 0, 0, 0].map((now) => limit.take(now))).toEqual([0, 0, 0, 10, 20])
  expect(limit.take(35)).toBe(0)
  expect([10_000, 10_000, 10_000, 10_000].map((now) => limit.take(now))).toEqual([0, 0, 0, 10])
})
