// Does a push message reach a browser through a push service under TLS, readable by that browser
// alone, and is each answer of the service understood?
import { randomBytes } from 'node:crypto'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTlsProxy } from '@orderpipeline/cluster/testing'
import type { TlsProxy } from '@orderpipeline/cluster/testing'
import { trustAuthorities } from '@orderpipeline/config'
import { vapidKey } from '../src/channels/vapid.ts'
import { createPushPort } from '../src/channels/web-push.ts'
import type { Mail } from '../src/mails.ts'
import { startPushService } from './push-service.ts'
import type { PushService } from './push-service.ts'

const publicAuthorities = getCACertificates('default')
let service: PushService
let proxy: TlsProxy
let host: string
beforeAll(async () => {
  service = await startPushService()
  proxy = await startTlsProxy(service.port)
  host = `localhost:${proxy.port}`
  trustAuthorities({ TLS_CA: proxy.ca })
})
beforeEach(() => {
  service.received.length = 0
  service.faults.length = 0
})
afterAll(async () => {
  setDefaultCACertificates(publicAuthorities)
  await proxy.close()
  await service.close()
})

const vapid = vapidKey(randomBytes(32).toString('base64url'))
function port(timeoutMs = 30_000) {
  return createPushPort({ vapid, subject: 'mailto:a@b.example', hosts: [host], timeoutMs, now: () => new Date() })
}
function message(more: Partial<Mail> = {}): Mail {
  const recipient = JSON.stringify(service.subscribe(`https://${host}`))
  return { lane: 'push-order', messageId: 'push:1', recipient, subject: 'Your order', body: 'Ä', ...more }
}

test('the browser reads the message, and the service learns how urgent it is', async () => {
  await port().send(message())
  await port().send(message({ lane: 'push-marketing', body: '€'.repeat(5_000) }))
  const [order, marketing] = service.received
  expect(JSON.parse(order?.text ?? '')).toEqual({ title: 'Your order', body: 'Ä', tag: 'push:1' })
  expect(order?.headers).toMatchObject({ urgency: 'normal', ttl: '172800' })
  expect((JSON.parse(marketing?.text ?? '') as { body: string }).body).toBe('€'.repeat(500))
  expect(marketing?.headers).toMatchObject({ urgency: 'low', ttl: '14400' })
})

test('an unknown subscription is gone, and a busy service is asked again', async () => {
  const unknown = JSON.stringify({ ...service.subscribe(`https://${host}`), endpoint: `https://${host}/push/unknown` })
  await expect(port().send(message({ recipient: unknown }))).rejects.toMatchObject({ addressGone: true, retry: false })
  service.faults.push(410, 429, 503)
  await expect(port().send(message())).rejects.toMatchObject({ addressGone: true })
  for (let n = 0; n < 2; n++) await expect(port().send(message())).rejects.toMatchObject({ outage: true, retry: true })
  expect(service.received).toEqual([])
})

test('a redirect is not followed', async () => {
  service.faults.push(307)
  await expect(port().send(message())).rejects.toMatchObject({ reason: 'PushRefused', retry: false })
})

test('keys that are none make the subscription useless', async () => {
  const recipient = JSON.stringify({ ...service.subscribe(`https://${host}`), p256dh: 'AAAA' })
  await expect(port().send(message({ recipient }))).rejects.toMatchObject({ addressGone: true })
})
