// Does each state of an order make one mail in words that a customer understands?
import { expect, test } from 'vitest'
import { announcedStatuses, eventOf, parcelStatuses } from '@orderpipeline/order-events'
import type { EventData } from '@orderpipeline/order-events'
import { addressOf, orderMails, parcelMails, refundMails, staleRecommendations } from './mails.ts'
import { pauseSeconds, retrySeconds } from './sender.ts'
import { smtpVerdict } from './smtp.ts'

const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const context = { source: '/test', now: new Date(0) }
function statusChange(status: EventData<'OrderStatusChanged'>['status'], reason?: 'OUT_OF_STOCK') {
  return eventOf(
    'OrderStatusChanged',
    { orderId, customerId: 'customer-7', status, ...(reason ? { reason } : {}) },
    context,
  )
}

test('every state but the first has a mail with an id of order and state', () => {
  const mails = orderMails(
    announcedStatuses.map((status) => statusChange(status)),
    new Set(),
    addressing,
  )
  expect(mails.map(({ messageId }) => messageId)).toEqual(
    ['processing', 'confirmed', 'shipped', 'cancelled'].map((status) => `<${orderId}.${status}@shop.example>`),
  )
  expect(new Set(mails.map(({ subject }) => subject)).size).toBe(4)
  for (const mail of mails) {
    expect(mail).toMatchObject({ lane: 'order', recipient: 'customer-7@customers.example' })
    expect(mail.body).toContain(orderId)
  }
})

test('each refund of a part has a mail with its amount, and a repeated event has the same one', () => {
  const ids = ['01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9b', '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9c'] as const
  const refund = (refundId: string, amountCents: number, currency: string) => {
    const data = { orderId, customerId: 'customer-7', refundId, amountCents, currency }
    const refundData = { ...data, chargeId: 'ch', providerRefundId: 're' }
    return eventOf('PaymentPartlyRefunded', refundData, context, refundId)
  }
  const mails = refundMails(
    [refund(ids[0], 500, 'EUR'), refund(ids[1], 500, 'JPY'), refund(ids[0], 500, 'EUR')],
    addressing,
  )
  expect(mails.map(({ body }) => /[\d.]+ [A-Z]{3} are/.exec(body)?.[0])).toEqual([
    '5.00 EUR are',
    '500 JPY are',
    '5.00 EUR are',
  ])
  expect(new Set(mails.map(({ messageId }) => messageId))).toEqual(
    new Set(ids.map((id) => `<${orderId}.refund-${id}@shop.example>`)),
  )
})

test('a cancellation because of a dispute promises no money', () => {
  const disputed = { orderId, customerId: 'customer-7', status: 'CANCELLED', reason: 'DISPUTED' } as const
  const [mail] = orderMails([eventOf('OrderStatusChanged', disputed, context)], new Set(), addressing)
  expect(mail?.body).toContain('Your bank has taken your payment back.')
  expect(mail?.body).not.toContain('on its way back')
})

test('a cancellation names its reason and no internal detail', () => {
  const [mail] = orderMails([statusChange('CANCELLED', 'OUT_OF_STOCK')], new Set(), addressing)
  expect(mail?.body).toContain('sold out')
  expect(mail?.body).not.toContain('OUT_OF_STOCK')
})

test('drops the mail of a state that the order’s end has overtaken', () => {
  const late = orderMails(
    [statusChange('PROCESSING'), statusChange('CONFIRMED'), statusChange('SHIPPED')],
    new Set([orderId]),
    addressing,
  )
  expect(late.map(({ subject }) => subject)).toEqual([expect.stringContaining('on its way')])
})

const parcel = { carrier: 'Swift', trackingNumber: 'N-7', trackingUrl: 'https://swift.example/N-7' }

test('a mail of a shipped order says where to track it', () => {
  const shipped = statusChange('SHIPPED')
  const [plain] = orderMails([shipped], new Set(), addressing)
  const [withTracking] = orderMails([{ ...shipped, data: { ...shipped.data, parcel } }], new Set(), addressing)
  expect(plain?.body).not.toContain('number')
  for (const words of ['Swift', 'N-7', 'https://swift.example/N-7']) expect(withTracking?.body).toContain(words)
})

test('each event of a parcel has a mail in the lane of orders', () => {
  const mails = parcelMails(
    parcelStatuses.map((status) =>
      eventOf('ParcelStatusChanged', { orderId, customerId: 'customer-7', status, parcel }, context, status),
    ),
    addressing,
  )
  expect(mails.map(({ messageId }) => messageId)).toEqual(
    ['delivered', 'delivery-failed', 'returned'].map((status) => `<${orderId}.parcel-${status}@shop.example>`),
  )
  expect(new Set(mails.map(({ subject }) => subject)).size).toBe(3)
  for (const mail of mails) expect(mail).toMatchObject({ lane: 'order', recipient: 'customer-7@customers.example' })
  expect(parcelMails([statusChange('SHIPPED')], addressing)).toEqual([])
})

test('counts recommendations that are too old for a message', () => {
  const event = eventOf('ProductsRecommended', { orderId, customerId: 'a@b.example', skus: ['SKU-0002'] }, context)
  const at = Date.parse(event.time)
  const staleAfter = (ms: number) => staleRecommendations([event, statusChange('SHIPPED')], new Date(at + ms))
  expect([staleAfter(0), staleAfter(1), staleRecommendations([event])]).toEqual([0, 1, 0])
})

test('a customer id that is an address stands for itself', () => {
  expect(addressOf('someone@home.example', addressing)).toBe('someone@home.example')
  expect(addressOf('customer-7', addressing)).toBe('customer-7@customers.example')
})

test('retries a refused mail ever later, within ten minutes', () => {
  expect([1, 2, 3, 30].map((failures) => retrySeconds(failures, () => 1))).toEqual([5, 10, 20, 600])
  expect(retrySeconds(1, () => 0)).toBe(2.5)
})

test('retries a mail ever later while the server is away, within a minute', () => {
  expect([0, 8, 30, 90, 100_000].map((age) => pauseSeconds(age, () => 1))).toEqual([5, 8, 30, 60, 60])
  expect(pauseSeconds(0, () => 0)).toBe(2.5)
})

test('counts as attempts only the answers of the server to a mail', () => {
  const error = (code: string, responseCode?: number) => Object.assign(new Error(code), { code, responseCode })
  const verdict = (retry: boolean, outage: boolean) => ({ retry, outage })
  const verdictOf = (of: unknown, began = true) => smtpVerdict(of, began)
  expect(verdictOf(error('EENVELOPE', 550))).toEqual(verdict(false, false))
  expect(verdictOf(error('EMESSAGE', 451))).toEqual(verdict(true, false))
  expect(verdictOf(new TypeError('a mail that cannot be written'))).toEqual(verdict(true, false))
  for (const of of [error('ESOCKET'), error('ETIMEDOUT'), error('EAUTH', 535), error('EPROTOCOL', 554)])
    expect(verdictOf(of)).toEqual(verdict(true, true))
  expect(verdictOf(error('EENVELOPE', 421))).toEqual(verdict(true, true))
  const perhapsOwn = { retry: true, outage: true, perhapsOwn: true }
  const failure = (fields: object, began = true) => verdictOf(Object.assign(new Error('cut'), fields), began)
  expect(failure({ code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT' })).toEqual(perhapsOwn)
  expect(failure({ code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT' })).toEqual(verdict(true, true))
  expect(failure({ code: 'ESOCKET', originalCode: 'ECONNRESET' })).toEqual(perhapsOwn)
  expect(failure({ code: 'ECONNECTION' })).toEqual(perhapsOwn)
  for (const fields of [{ code: 'ESOCKET', originalCode: 'ECONNRESET' }, { code: 'ECONNECTION' }])
    expect(failure(fields, false)).toEqual(verdict(true, true))
  expect(failure({ code: 'ESOCKET', originalCode: 'ECONNREFUSED' })).toEqual(verdict(true, true))
})
