// Is a mail server reached whose certificate is of an authority of one's own, and refused without
// it?
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { startTlsProxy } from '@orderpipeline/cluster/testing'
import { trustAuthorities } from '@orderpipeline/config'
import { mailServer } from '@orderpipeline/test-support/mail-server'
import { createMailer } from '../src/smtp.ts'

const publicAuthorities = getCACertificates('default')
afterEach(() => setDefaultCACertificates(publicAuthorities))

test('a mail server is trusted by TLS_CA', async () => {
  const server = await mailServer()
  const { port, username, password } = new URL(server.url)
  const proxy = await startTlsProxy(Number(port))
  const login = username === '' ? '' : `${username}:${password}@`
  const url = `smtps://${login}localhost:${proxy.port}`
  const mailer = createMailer({ url, from: 'shop@shop.example', connections: 1, timeoutMs: 30_000 })
  const mail = {
    ...{ lane: 'order' as const, messageId: '<1@shop.example>', recipient: 'c@customers.example' },
    ...{ subject: 'Your order', body: 'It is on its way.' },
  }
  await expect(mailer.send(mail)).rejects.toMatchObject({ reason: 'MailRefused', outage: true })
  trustAuthorities({ TLS_CA: proxy.ca })
  await mailer.send(mail)
  mailer.close()
  await server.close()
  await proxy.close()
})
