// Which addresses does a push message go to, and what does the answer of the service mean?
import { expect, test } from 'vitest'
import { randomBytes } from 'node:crypto'
import { createPushPort, isAllowedEndpoint, pushVerdict } from './web-push.ts'
import { vapidKey } from './vapid.ts'

const hosts = ['fcm.googleapis.com', '*.push.apple.com']

test('only the push services that the shop allows are called, by https', () => {
  for (const endpoint of ['https://fcm.googleapis.com/fcm/send/1', 'https://web.push.apple.com/1'])
    expect(isAllowedEndpoint(endpoint, hosts)).toBe(true)
  for (const endpoint of [
    'http://fcm.googleapis.com/1',
    'https://fcm.googleapis.com:8443/1',
    'https://fcm.googleapis.com.evil.example/1',
    'https://fcm.googleapis.com@evil.example/1',
    'https://user:secret@fcm.googleapis.com/1',
    'https://push.apple.com/1',
    'https://evilpush.apple.com/1',
    'https://10.0.0.1/',
    'fcm.googleapis.com',
  ])
    expect(isAllowedEndpoint(endpoint, hosts), endpoint).toBe(false)
})

test('an address elsewhere is given up without a call', async () => {
  const vapid = vapidKey(randomBytes(32).toString('base64url'))
  const port = createPushPort({
    vapid,
    subject: 'mailto:a@b.example',
    hosts,
    timeoutMs: 30_000,
    now: () => new Date(0),
  })
  const recipient = JSON.stringify({ endpoint: 'https://10.0.0.1/internal', p256dh: '', auth: '' })
  const message = { lane: 'push-order', messageId: 'push:1', recipient, subject: 's', body: 'b' } as const
  await expect(port.send(message)).rejects.toMatchObject({
    message: '10.0.0.1 is no push service that PUSH_HOSTS allows',
    // A mistake in PUSH_HOSTS must not delete the browsers of customers.
    ...{ reason: 'PushRefused', retry: false, addressGone: false },
  })
})

test('a subscription that has ended is not used again, and a busy service is asked again', () => {
  for (const status of [404, 410]) expect(pushVerdict(status)).toMatchObject({ retry: false, addressGone: true })
  for (const status of [401, 403, 429, 500, 503]) expect(pushVerdict(status)).toEqual({ retry: true, outage: true })
  for (const status of [302, 400, 413]) expect(pushVerdict(status)).toEqual({ retry: false, outage: false })
})
