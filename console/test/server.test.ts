// Does the console's server answer only its own page on this machine, and do many viewers cost no
// more reads than one? The tests send it raw HTTP requests.
import { request } from 'node:http'
import { eventually } from '@orderpipeline/retry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createObserver } from '../src/server/observer.ts'
import { serveConsole } from '../src/server/server.ts'
import type { ConsoleServer } from '../src/server/server.ts'
import { recordedSource } from '../src/testing/recorded-shop.ts'

const files = { html: '<p>page', script: 'script', style: 'style', icon: '<svg/>' }
let server: ConsoleServer
let looks = 0
const source = recordedSource(0)
const observer = createObserver({ ...source, look: () => ((looks += 1), source.look()) }, { command: 'orderpipeline' })
beforeAll(async () => {
  await observer.step()
  server = await serveConsole({ source, observer, files: () => Promise.resolve(files), port: 0, say: () => undefined })
})
afterAll(() => server.close())

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function answerTo(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: server.port, path, method, headers, timeout: 10_000 },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    call.on('timeout', () => call.destroy(new Error(`no answer to ${path}`)))
    call.on('error', reject)
    call.end()
  })
}

describe('the server', () => {
  it('serves the page at every view’s address, with its files, and forbids frames and inline scripts', async () => {
    for (const path of ['/', '/pipelines/default/shop/scaling/payment?minutes=10'])
      expect(await answerTo(path)).toMatchObject({ status: 200, body: files.html })
    expect(await answerTo('/assets/console.js')).toMatchObject({ body: 'script' })
    const { headers } = await answerTo('/')
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
  })
  it('refuses other names, other pages and every write', async () => {
    expect(await answerTo('/api/history/default/shop', { host: 'evil.example' })).toMatchObject({ status: 421 })
    expect(await answerTo('/', { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await answerTo('/api/orders/default/shop/x', {}, 'POST')).toMatchObject({ status: 405 })
  })
  it('returns an order, a history or a dead letter, and a reason if there is none', async () => {
    const history = JSON.parse((await answerTo('/api/history/default/shop')).body) as Record<
      string,
      { samples: unknown[] }
    >
    expect(history['payment']?.samples).toHaveLength(1)
    expect(await answerTo('/api/orders/default/shop/not-an-id')).toMatchObject({ status: 400 })
    expect(await answerTo('/api/history/default/other')).toMatchObject({ status: 404 })
    expect((await answerTo('/api/history/default/other')).body).toContain('There is no pipeline default/other here.')
  })
})

describe('the stream', () => {
  it('sends fifty viewers the state and each change, from one observation', async () => {
    const streams = await Promise.all(Array.from({ length: 50 }, () => openStream()))
    expect(server.viewers).toBe(50)
    const before = looks
    source.at += 60_000
    await observer.step()
    expect(looks).toBe(before + 1)
    for (const stream of streams) {
      await stream.until('event: change')
      expect(stream.text().startsWith('retry: 1000\nevent: state\ndata: {')).toBe(true)
      stream.end()
    }
  })
  it('is refused above the limit of viewers, and available again after they leave', async () => {
    await viewers(0)
    const streams = await Promise.all(Array.from({ length: 100 }, () => openStream()))
    expect(await answerTo('/api/stream')).toMatchObject({ status: 503 })
    for (const stream of streams) stream.end()
    await viewers(0)
    const again = await openStream()
    again.end()
  })
})

async function viewers(count: number): Promise<void> {
  await eventually(`${count} viewers`, () => server.viewers === count)
}

/** Resolves once the state has begun to come. */
async function openStream() {
  let text = ''
  const call = request({ host: '127.0.0.1', port: server.port, path: '/api/stream' }, (response) => {
    response.setEncoding('utf8').on('data', (more: string) => (text += more))
    response.on('error', () => undefined)
  })
  call.on('error', () => undefined)
  call.end()
  const has = (part: string) => eventually(`the stream says ${part}`, () => text.includes(part))
  await has('event: state')
  return { text: () => text, until: has, end: () => call.destroy() }
}
