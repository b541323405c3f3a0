// A small server that keeps what Twilio documents of its Messages resource, as far as the
// notification stage uses it: Basic authentication, a form of To, From or MessagingServiceSid and
// Body, 201 with the queued message, and errors with a code. It is written from the documentation
// (docs/messaging/api/message-resource, docs/api/errors), and knows what went through it.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface QueuedSms {
  readonly to: string
  readonly from: string
  readonly body: string
}

export interface SmsServer {
  readonly url: string
  readonly account: string
  readonly token: string
  readonly queued: QueuedSms[]
  /** Numbers that have answered STOP. */
  readonly stopped: Set<string>
  /**
   * The next requests fail so, each once; `drop`: the message is queued and the answer is lost;
   * `cut`: the answer ends after its head; `endless`: its body never ends.
   */
  readonly faults: (number | 'drop' | 'cut' | 'endless')[]
  /** Octets of the endless body that the caller has taken until it left. */
  readonly endless: Promise<number>
  close(): Promise<void>
}

export async function startSmsServer(): Promise<SmsServer> {
  const endless = Promise.withResolvers<number>()
  const state = {
    account: `AC${randomBytes(16).toString('hex')}`,
    token: randomBytes(16).toString('hex'),
    queued: [] as QueuedSms[],
    stopped: new Set<string>(),
    faults: [] as SmsServer['faults'],
    endless: endless.promise,
  }
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const fault = state.faults.shift()
      const { status, body } = typeof fault === 'number' ? failed(fault) : answered(request, new URLSearchParams(text))
      if (fault === 'drop') return request.socket.destroy()
      if (fault === 'endless') return flood(response.writeHead(status), endless.resolve)
      if (fault === 'cut')
        return response.writeHead(status, { 'content-length': '100' }).write('{', () => response.destroy())
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })

  const answered = ({ method, url, headers }: IncomingMessage, form: URLSearchParams): Answer => {
    const login = Buffer.from(`${state.account}:${state.token}`).toString('base64')
    if (headers.authorization !== `Basic ${login}`) return refused(401, 20003, 'Authenticate')
    if (method !== 'POST' || url !== `/2010-04-01/Accounts/${state.account}/Messages.json`)
      return refused(404, 20404, 'The requested resource was not found')
    const [to, body] = [form.get('To') ?? '', form.get('Body') ?? '']
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? ''
    if (from === '') return refused(400, 21603, `A 'From' phone number is required.`)
    if (body === '') return refused(400, 21602, 'Message body is required.')
    if (body.length > 1_600)
      return refused(400, 21617, 'The concatenated message body exceeds the 1600 character limit.')
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return refused(400, 21211, `Invalid 'To' Phone Number: ${to}`)
    if (state.stopped.has(to)) return refused(400, 21610, 'Attempt to send to unsubscribed recipient')
    state.queued.push({ to, from, body })
    return { status: 201, body: { sid: `SM${randomBytes(16).toString('hex')}`, status: 'queued', to, from, body } }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...state,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

function refused(status: number, code: number, message: string): Answer {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } }
}

function failed(status: number): Answer {
  return status === 429 ? refused(429, 20429, 'Too Many Requests') : refused(status, 20000 + status, 'not now')
}

function flood(response: ServerResponse, onLeft: (octets: number) => void): ServerResponse {
  const chunk = Buffer.alloc(65_536)
  let octets = 0
  const write = (): void => {
    if (response.destroyed) return
    octets += chunk.length
    response.write(chunk, () => setImmediate(write))
  }
  response.on('close', () => onLeft(octets))
  write()
  return response
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
