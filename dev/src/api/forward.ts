// How does a request reach a process behind the local API? As it is, to a port of the loopback
// address; the answer comes back as it is.
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

const timeoutMs = 30_000

export function forward(request: IncomingMessage, response: ServerResponse, port: number, path: string): void {
  const { authorization: _token, host: _host, ...headers } = request.headers
  const upstream = httpRequest({ host: '127.0.0.1', port, path, method: request.method, headers, timeout: timeoutMs })
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, response, () => undefined)
  })
  upstream.on('timeout', () => upstream.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)))
  upstream.on('error', (error) => {
    if (response.headersSent) return void response.destroy()
    response.writeHead(502, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ kind: 'Status', status: 'Failure', code: 502, reason: 'BadGateway', message: error.message }),
    )
  })
  pipeline(request, upstream, () => undefined)
}
