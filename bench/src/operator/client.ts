// What is the least that can write objects to an API server? Requests over kept-alive connections,
// and lines of a watch: nothing of the operator's own client, so that it can be compared with this.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { createInterface } from 'node:readline'
import { KubeConfig } from '@kubernetes/client-node'

export interface Client {
  /** The answer's JSON; throws when the API server refuses. */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>
  watch(path: string, signal: AbortSignal): AsyncIterable<unknown>
  close(): void
}

const timeoutMs = 60_000

export async function clientOf(kubeconfigPath: string, connections: number): Promise<Client> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigPath)
  const tls: RequestOptions = {}
  await config.applyToHTTPSOptions(tls)
  const { ca, cert, key } = tls
  const server = config.getCurrentCluster()?.server ?? ''
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca, cert, key })
  const watching = new Agent({ keepAlive: true, ca, cert, key })

  const ask = async (path: string, options: RequestOptions, body?: string): Promise<IncomingMessage> => {
    const request = httpsRequest(new URL(path, server), options)
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }
  return {
    send: async (method, path, body, contentType = 'application/json') => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers =
        text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }
      const response = await ask(path, { method, agent, headers, signal: AbortSignal.timeout(timeoutMs) }, text)
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const answer = Buffer.concat(chunks).toString('utf8')
      if ((response.statusCode ?? 500) < 400) return JSON.parse(answer) as unknown
      throw new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 300)}`)
    },
    watch: async function* (path, signal) {
      const response = await ask(path, { agent: watching, signal })
      for await (const line of createInterface({ input: response, crlfDelay: Infinity }))
        yield JSON.parse(line) as unknown
    },
    close: () => {
      agent.destroy()
      watching.destroy()
    },
  }
}

/** Processor seconds a process has used so far, on Linux; undefined elsewhere. */
export function processorSeconds(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return undefined
  }
}

/** Memory of a process, on Linux; undefined elsewhere. */
export function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096
  } catch {
    return undefined
  }
}
