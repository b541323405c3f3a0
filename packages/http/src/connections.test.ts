import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { portOf, testServer } from './testing.ts'

test('answers requests in flight on close and keeps no connection open after them', async () => {
  const server = testServer({ keepAliveTimeoutMs: 600_000 })
  const { app } = server
  let requestCount = 0
  let go = (): void => undefined
  const gate = new Promise<void>((resolve) => (go = resolve))
  app.get('/slow', async () => {
    requestCount++
    await gate
    return {}
  })
  app.get('/stream', (_request, reply) => {
    requestCount++
    reply.hijack()
    reply.raw.writeHead(200, { 'content-length': '4' })
    reply.raw.write('be')
    void gate.then(() => reply.raw.end('gn'))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const texts = ['/slow', '/stream'].map((path) => {
    const state = { text: '', closed: false }
    const socket = connect(portOf(app), '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`))
    socket.on('data', (part) => (state.text += part.toString()))
    socket.on('close', () => (state.closed = true))
    return state
  })
  await vi.waitUntil(() => requestCount === 2, { timeout: 10_000 })
  server.announceClosing()
  const closing = app.close()
  await sleep(20)
  go()
  await closing
  await vi.waitUntil(() => texts.every((state) => state.closed), { timeout: 10_000 })
  expect(texts[0]?.text).toMatch(/connection: close/i)
  expect(texts[1]?.text).toMatch(/begn$/)
})
