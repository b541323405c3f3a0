// How is a request of any kind sent, and its answer read? By Node's client on a connection of its
// own; a stream is read until it has begun.
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Case } from './cases.ts'
import type { ReceivedAnswer } from './contract.ts'

const timeoutMs = 30_000

export function send(url: string, { method, target, headers, body }: Case): Promise<ReceivedAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asking = request({
      ...{ hostname, port, method, path: target, agent: false, timeout: timeoutMs },
      headers: [
        ...(headers.some(([name]) => name === 'host') ? [] : ['host', 'gateway']),
        ...headers.flat(),
        ...(body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))]),
      ],
    })
    asking.on('timeout', () => asking.destroy(new Error('there was no answer')))
    asking.on('error', reject)
    asking.on('response', (response) => {
      let text = ''
      const finish = () => {
        const headersRead = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headersRead) as ReceivedAnswer['headers'],
          body: text,
        })
        asking.destroy()
      }
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (response.headers['content-type'] === 'text/event-stream') finish()
      })
      response.on('end', finish)
      response.on('error', reject)
    })
    asking.end(body)
  })
}

/** All that comes back for these bytes until the connection ends. */
export function sendBytes(url: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes))
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the connection was not ended')))
    socket.on('data', (part) => (text += part.toString('latin1')))
    socket.on('close', () => resolve(text))
    // Whatever came before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)))
  })
}
