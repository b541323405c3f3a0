// How does a customer say by which channels they may be written to, and when? By settings that they
// read and replace, and by the browsers that take push messages.
import { HttpProblemError, route } from '@orderpipeline/http'
import type { FastifyReply, Route } from '@orderpipeline/http'
import { isTimeZone } from '@orderpipeline/notification/preferences'
import type {
  CodeRequest,
  Confirmation,
  Consents,
  CustomerPreferences,
  PreferencesData,
  PushSubscriptionData,
  Unsubscription,
} from '@orderpipeline/notification/preferences'
import { z } from 'zod'
import { customerField, customerQuery, ownerOf } from './preferences-owner.ts'
import type { CustomerQuery } from './preferences-owner.ts'
import { confirmationRoute } from './phone-confirmation.ts'
import { notThere } from './problems.ts'

export interface Preferences {
  /** @throws DatabaseError */
  of(customerId: string): Promise<CustomerPreferences>
  /** @throws DatabaseError */
  save(
    customerId: string,
    data: PreferencesData,
    lanes: readonly Unsubscription['lane'][],
  ): Promise<CustomerPreferences>
  /** @throws DatabaseError */
  addPush(customerId: string, subscription: PushSubscriptionData): Promise<void>
  /** Returns whether there was one. @throws DatabaseError */
  removePush(customerId: string, endpoint: string): Promise<boolean>
  /** @throws DatabaseError */
  requestCode(customerId: string): Promise<CodeRequest>
  /** @throws DatabaseError */
  confirm(customerId: string, code: string): Promise<Confirmation>
  /** Returns whether there was a consent. @throws DatabaseError */
  withdraw(unsubscription: Unsubscription): Promise<boolean>
}

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 21:00')
  .describe('Of the wall clock in the time zone.')
const phone = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'a number in E.164 such as +4915112345678')
  .describe('E.164. It gets messages once the customer has confirmed it by a code.')
const quietHours = z.strictObject({ from: time, to: time }).describe('Default: those of the shop.')
const timeZone = z.string().min(1).max(64).describe('IANA, such as Europe/Berlin. Default: that of the shop.')

const body = z.strictObject({
  mail: z.strictObject({ marketing: z.boolean().default(false) }).optional(),
  sms: z.strictObject({ phone, orders: z.boolean().default(false), marketing: z.boolean().default(false) }).optional(),
  push: z.strictObject({ orders: z.boolean().default(false), marketing: z.boolean().default(false) }).optional(),
  timeZone: timeZone.optional(),
  quietHours: quietHours.optional(),
})
type Body = z.output<typeof body>

const since = z.iso.datetime().optional().describe('When the customer agreed; absent without consent.')
const shownPreferences = z.object({
  mail: z.object({ orders: z.literal(true), marketing: z.boolean(), marketingSince: since }),
  sms: z.object({
    phone: phone.optional(),
    confirmed: z.boolean().optional().describe('Whether the phone number gets messages; absent without one.'),
    ...{ orders: z.boolean(), ordersSince: since, marketing: z.boolean(), marketingSince: since },
  }),
  push: z.object({
    browsers: z.int(),
    ...{ orders: z.boolean(), ordersSince: since, marketing: z.boolean(), marketingSince: since },
  }),
  timeZone: timeZone.optional(),
  quietHours: quietHours.optional(),
})

const endpoint = z
  .string()
  .regex(/^https:\/\/[a-z0-9.-]{1,200}(:\d{1,5})?\/[\x21-\x7e]{0,700}$/, 'an https URL of at most 900 characters')

const subscriptionBody = z
  .strictObject({
    endpoint,
    expirationTime: z.number().nullish(),
    keys: z.strictObject({
      p256dh: z.string().regex(/^[\w-]{87}=?$/, '65 octets as base64url'),
      auth: z.string().regex(/^[\w-]{22}={0,2}$/, '16 octets as base64url'),
    }),
  })
  .describe('As `PushSubscription.toJSON()` gives it.')

const exampleBody = {
  mail: { marketing: true },
  sms: { phone: '+4915112345678', orders: true, marketing: false },
  timeZone: 'Europe/Berlin',
}
const notStored = { description: 'It belongs to one customer.', schema: z.literal('no-store'), always: true }
const otherCustomer = { 404: { description: 'The token names another customer.' } }

export function preferenceRoutes(preferences: Preferences, authenticated: boolean): Route[] {
  const query = customerQuery(authenticated)
  return [
    readRoute(preferences, query),
    saveRoute(preferences, query),
    addPushRoute(preferences, query),
    removePushRoute(preferences, customerField(authenticated)),
    confirmationRoute(preferences, query),
  ]
}

function readRoute(preferences: Preferences, query: CustomerQuery): Route {
  return route({
    method: 'GET',
    path: '/preferences',
    summary: 'By which channels a customer may be written to, and when',
    access: 'customer',
    takes: { query },
    answers: {
      200: { description: 'The settings.', schema: shownPreferences, headers: { 'cache-control': notStored } },
      ...otherCustomer,
    },
    handle: async ({ query: { customer } }, request, reply) =>
      answer(reply, await preferences.of(ownerOf(request, customer))),
  })
}

function saveRoute(preferences: Preferences, query: CustomerQuery): Route {
  return route({
    method: 'PUT',
    path: '/preferences',
    summary: 'Replaces these settings; what is absent is not agreed to',
    access: 'customer',
    takes: { query, body },
    examples: { mailAndSms: exampleBody },
    answers: {
      200: { description: 'They were saved.', schema: shownPreferences, headers: { 'cache-control': notStored } },
      422: { description: 'The time zone is unknown.' },
      ...otherCustomer,
    },
    handle: async ({ query: { customer }, body: settings }, request, reply) => {
      const owner = ownerOf(request, customer)
      refuseUnknownZone(settings.timeZone)
      const data = { phone: settings.sms?.phone, timeZone: settings.timeZone, quietHours: settings.quietHours }
      return answer(reply, await preferences.save(owner, data, lanesOf(settings)))
    },
  })
}

function addPushRoute(preferences: Preferences, query: CustomerQuery): Route {
  return route({
    method: 'PUT',
    path: '/preferences/push',
    summary: 'Adds a browser that takes push messages; of more than ten the oldest is dropped',
    access: 'customer',
    takes: { query, body: subscriptionBody },
    answers: {
      200: { description: 'It was added.', schema: z.object({ endpoint: z.string() }) },
      ...otherCustomer,
    },
    handle: async ({ query: { customer }, body: { endpoint: address, keys } }, request) => {
      await preferences.addPush(ownerOf(request, customer), { endpoint: address, ...keys })
      return { endpoint: address }
    },
  })
}

function removePushRoute(preferences: Preferences, customer: z.ZodType<string | undefined>): Route {
  return route({
    method: 'DELETE',
    path: '/preferences/push',
    summary: 'Removes a browser',
    access: 'customer',
    takes: { query: z.strictObject({ customer, endpoint }) },
    answers: {
      200: { description: 'It was removed.', schema: z.object({ endpoint: z.string() }) },
      404: { description: 'The customer has no such browser, or the token names another customer.' },
    },
    handle: async ({ query }, request) => {
      const { endpoint: address } = query
      if (!(await preferences.removePush(ownerOf(request, query.customer), address)))
        throw notThere('endpoint', address, 'no such browser', 'the endpoint of a browser of this customer')
      return { endpoint: address }
    },
  })
}

/** Which zones there are is beyond JSON Schema. */
function refuseUnknownZone(zone: string | undefined): void {
  if (zone !== undefined && !isTimeZone(zone))
    throw new HttpProblemError(422, 'Unknown Time Zone', `no time zone ${zone}`, {
      problems: [{ path: 'timeZone', found: JSON.stringify(zone), allowed: 'a time zone such as Europe/Berlin' }],
    })
}

function lanesOf({ mail, sms, push }: Body): Unsubscription['lane'][] {
  return [
    ...(mail?.marketing === true ? (['marketing'] as const) : []),
    ...(sms?.orders === true ? (['sms-order'] as const) : []),
    ...(sms?.marketing === true ? (['sms-marketing'] as const) : []),
    ...(push?.orders === true ? (['push-order'] as const) : []),
    ...(push?.marketing === true ? (['push-marketing'] as const) : []),
  ]
}

function answer(
  reply: FastifyReply,
  { phone: number, confirmed, timeZone: zone, quietHours: hours, ...rest }: CustomerPreferences,
) {
  void reply.header('cache-control', 'no-store')
  const { consents, browsers } = rest
  const orders = (lane: keyof Consents) => ({
    orders: consents[lane] !== undefined,
    ...(consents[lane] === undefined ? {} : { ordersSince: consents[lane] }),
  })
  const marketing = (lane: keyof Consents) => ({
    marketing: consents[lane] !== undefined,
    ...(consents[lane] === undefined ? {} : { marketingSince: consents[lane] }),
  })
  return {
    mail: { orders: true, ...marketing('marketing') },
    sms: {
      ...(number === undefined ? {} : { phone: number, confirmed }),
      ...orders('sms-order'),
      ...marketing('sms-marketing'),
    },
    push: { browsers, ...orders('push-order'), ...marketing('push-marketing') },
    ...(zone === undefined ? {} : { timeZone: zone }),
    ...(hours === undefined ? {} : { quietHours: hours }),
  }
}
