// Is a message sent only with consent and by day, and is it never lost, in every order in which a
// customer, the stage, two senders, a crash and a night can meet? Each order runs in the real
// tables and in a model of one message, and both must send equally often.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createStore } from '@orderpipeline/stage'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { notificationStage } from '../src/definition.ts'
import type { Lane } from '../src/lanes.ts'
import { savePreferencesOf, withdraw } from '../src/preferences/index.ts'
import { sendDue } from '../src/sender.ts'
import type { Mailer } from '../src/smtp.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

const steps = ['add', 'withdraw', 'agree', 'night', 'morning', 'send', 'crash'] as const
type Step = (typeof steps)[number]

/** Those in which a customer agrees again after the withdrawal, and a night ends after it began. */
function orders(rest: readonly Step[] = steps, before: readonly Step[] = []): Step[][] {
  if (rest.length === 0) return [[...before]]
  return rest
    .filter((step) => step !== 'agree' || before.includes('withdraw'))
    .filter((step) => step !== 'morning' || before.includes('night'))
    .flatMap((step) =>
      orders(
        rest.filter((other) => other !== step),
        [...before, step],
      ),
    )
}

/** What becomes of the one message. */
class Model {
  sends = 0
  private consent = true
  private night = false
  private message: 'none' | 'waiting' | 'held' = 'none'
  step(step: Step): void {
    if (step === 'add' && this.consent) this.message = 'waiting'
    if (step === 'withdraw' || step === 'agree') this.consent = step === 'agree'
    if (step === 'night' || step === 'morning') this.night = step === 'night'
    if (step === 'morning' && this.message === 'held') this.message = 'waiting'
    if ((step === 'send' || step === 'crash') && this.message === 'waiting') this.attempt(step)
  }
  private attempt(step: 'send' | 'crash'): void {
    if (!this.consent) this.message = 'none'
    else if (this.night) this.message = 'held'
    else {
      this.sends++
      this.message = step === 'send' ? 'none' : 'waiting'
    }
  }
}

/** Far from the clock of the database: what is held is not due there. */
const [evening, day] = [new Date('2999-01-01T22:00:00Z'), new Date('2999-01-02T12:00:00Z')]
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const { apply } = notificationStage({ logger: silentLogger() }, { addressing, periodicTasks: [] })

async function sendsOf(customerId: string, order: readonly Step[]): Promise<number> {
  const notification = database.as('notification')
  const save = () => savePreferencesOf(notification, customerId, {}, ['marketing'])
  const agreedDue = () =>
    database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second' WHERE customer_id = $1`, [
      customerId,
    ])
  let [sends, now] = [0, day]
  const send = async (crashes: boolean): Promise<void> => {
    const mailer: Mailer = {
      send: () => {
        sends++
        return crashes ? Promise.reject(new Error('killed')) : Promise.resolve()
      },
      close: () => undefined,
    }
    const quiet = {
      hours: { timeZone: 'UTC', from: '21:00', to: '08:00' },
      lanes: new Set<Lane>(['marketing']),
      now: () => now,
    }
    const options = { mailer, attempts: 3, keepSeconds: 3_600, leaseSeconds: 3_600, onFailure: () => undefined, quiet }
    const before = sends
    await sendDue(notification, 'marketing', options).catch((error: unknown) => {
      if (!crashes) throw error
    })
    // The lease of the replica that was killed is over.
    if (crashes && sends > before) await agreedDue()
  }
  await save()
  for (const step of order) {
    if (step === 'add') await add(customerId)
    if (step === 'withdraw') await withdraw(notification, { customerId, lane: 'marketing' })
    if (step === 'agree') await save()
    if (step === 'night') now = evening
    if (step === 'morning') now = day
    if (step === 'morning') await agreedDue()
    if (step === 'send' || step === 'crash') await send(step === 'crash')
  }
  return sends
}

async function add(customerId: string): Promise<void> {
  const data = { orderId: randomUUID(), customerId, skus: ['SKU-0002'] }
  const event = eventOf('ProductsRecommended', data, { source: '/test', now: new Date(0) })
  const store = createStore(database.as('notification'), { prefix: '', keyedByOrder: [] }, apply)
  await store.effect([{ event, prepared: undefined }], [])
}

test('every order of events sends as often as the model says', { timeout: 600_000 }, async () => {
  const all = orders()
  expect(all).toHaveLength(1_260)
  for (const order of all) {
    const model = new Model()
    // In the end the sender has its turn by day, with what is left.
    const whole: Step[] = [...order, 'morning', 'send']
    for (const step of whole) model.step(step)
    expect(await sendsOf(randomUUID(), whole), whole.join(' ')).toBe(model.sends)
    await database.ask('notification', 'DELETE FROM mails')
  }
})
