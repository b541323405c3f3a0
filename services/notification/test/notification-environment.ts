// What do the tests of channels and of sending run on? The stage's store with a database of its
// own, a provider of SMS on this machine, and a mailer that remembers what it was given.
import { randomUUID } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { AnnouncedStatus, OrderEvent } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createStore } from '@orderpipeline/stage'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { notificationStage } from '../src/definition.ts'
import { channels } from '../src/lanes.ts'
import type { Lane } from '../src/lanes.ts'
import type { Mail } from '../src/mails.ts'
import { savePreferencesOf } from '../src/preferences/index.ts'
import type { PreferencesData, Unsubscription } from '../src/preferences/index.ts'
import { sendDue } from '../src/sender.ts'
import type { SenderOptions } from '../src/sender.ts'
import type { Mailer } from '../src/smtp.ts'
import { startSmsServer } from './sms-server.ts'
import type { SmsServer } from './sms-server.ts'

export const context = { source: '/test', now: new Date(0) }
export const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
export const enabled = new Set(channels)

export function statusChange(customerId: string, status: AnnouncedStatus, orderId: string = randomUUID()) {
  return eventOf('OrderStatusChanged', { orderId, customerId, status }, context, status)
}
export function recommendation(customerId: string) {
  return eventOf('ProductsRecommended', { orderId: randomUUID(), customerId, skus: ['SKU-0002'] }, context)
}

export interface NotificationTestEnvironment {
  readonly database: TestDatabase
  readonly provider: SmsServer
  /** What `taking` was given. */
  readonly sentMails: readonly Mail[]
  /** `<lane> <count>` of messages that were not sent without a consent. */
  readonly unconsented: readonly string[]
  readonly taking: Mailer
  handle(events: readonly OrderEvent[], by?: Pick<ReturnType<typeof notificationStage>, 'apply'>): Promise<void>
  /** With a number that is confirmed, if any. */
  save(
    customerId: string,
    lanes: readonly Unsubscription['lane'][],
    data?: PreferencesData,
  ): ReturnType<typeof savePreferencesOf>
  lanesWaiting(): Promise<readonly string[]>
  send(lane: Lane, overrides?: Partial<SenderOptions>): Promise<number>
  /** As before the first test. */
  clear(): Promise<void>
  close(): Promise<void>
}

export async function notificationTestEnvironment(): Promise<NotificationTestEnvironment> {
  const database = await testDatabase(postgresUrl())
  let provider = await startSmsServer()
  const stage = notificationStage({ logger: silentLogger() }, { addressing, channels: enabled, periodicTasks: [] })
  const sentMails: Mail[] = []
  const unconsented: string[] = []
  const taking: Mailer = { send: (mail) => Promise.resolve(void sentMails.push(mail)), close: () => undefined }
  return {
    ...{ database, sentMails, unconsented, taking },
    get provider() {
      return provider
    },
    handle: async (events, { apply } = stage) => {
      const store = createStore(database.as('notification'), { prefix: '', keyedByOrder: [] }, apply)
      await store.effect(
        events.map((event) => ({ event, prepared: undefined })),
        [],
      )
    },
    save: async (customerId, lanes, data = {}) => {
      const preferences = await savePreferencesOf(database.as('notification'), customerId, data, lanes)
      const confirm = 'UPDATE preferences SET confirmed_phone = phone WHERE customer_id = $1'
      await database.ask('notification', confirm, [customerId])
      return preferences
    },
    lanesWaiting: async () => {
      const query = 'SELECT lane FROM mails WHERE failed_at IS NULL ORDER BY lane'
      return (await database.ask<{ lane: string }>('notification', query)).map(({ lane }) => lane)
    },
    send: (lane, overrides = {}) =>
      sendDue(database.as('notification'), lane, {
        ...{ mailer: taking, attempts: 3, keepSeconds: 3_600, leaseSeconds: 60, onFailure: () => undefined },
        onUnconsented: (which, count) => unconsented.push(`${which} ${count}`),
        ...overrides,
      }),
    clear: async () => {
      await database.ask('notification', 'TRUNCATE mails, preferences CASCADE')
      await provider.close()
      provider = await startSmsServer()
      sentMails.length = 0
      unconsented.length = 0
    },
    close: async () => {
      await provider.close()
      await database.drop()
    },
  }
}
