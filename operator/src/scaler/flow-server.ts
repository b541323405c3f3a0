// How does KEDA ask for the replicas of a stage that is scaled on flow? GET
// /v1/flow/<namespace>/<pipeline>/<stage>, as the metrics-api trigger does it. 200 with a
// FlowAnswer; 404 and 503 with a reason make KEDA scale on lag after three of them. With /changes
// at the end of the path the answer also has the changes that led to it, for people.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FlowAnswer, FlowHistory } from '../pipeline/index.ts'

export interface FlowServer {
  readonly port: number
  /** Accepts no more requests, and ends when the open ones are answered. */
  close(): Promise<void>
}

/** `undefined`: there is no such pipeline. A text says why there is no answer. */
export interface FlowAnswers {
  answer(namespace: string, pipeline: string, stage: string): FlowAnswer | string | undefined
  history(namespace: string, pipeline: string, stage: string): FlowHistory | string | undefined
}

const path = /^\/v1\/flow\/([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253})\/([a-z0-9-]{1,63})(\/changes)?$/
const closeMs = 2_000

export async function flowServer(port: number, answers: FlowAnswers): Promise<FlowServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 30_000 })
  server.maxConnections = 256
  server.on('request', (request, response) => {
    const [, namespace = '', pipeline = '', stage = '', changes] = path.exec(request.url ?? '') ?? []
    if (stage === '')
      return respond(response, 404, {
        error: 'allowed: /v1/flow/<namespace>/<pipeline>/<stage>, with or without /changes',
      })
    if (request.method !== 'GET') return respond(response, 405, { error: 'allowed: GET' })
    const answer = answers[changes === undefined ? 'answer' : 'history'](namespace, pipeline, stage)
    if (answer === undefined) return respond(response, 404, { error: `no pipeline ${namespace}/${pipeline}` })
    return typeof answer === 'string' ? respond(response, 503, { error: answer }) : respond(response, 200, answer)
  })
  server.listen(port)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closing = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), closeMs)
      await closing
      clearTimeout(late)
    },
  }
}

function respond(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
