// Is a process ready to serve? Probed again and again until it is, it has ended, or the time is
// over.
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { connect } from 'node:net'
import type { NetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Probe } from './host.ts'
import { readLog } from './log-file.ts'

const intervalMs = 50
const attemptMs = 2000
const logWindow = 1024 * 1024

export interface ProbedProcess {
  readonly log: { readonly path: string; readonly from: number }
  readonly ended: () => boolean
}

/** How it ended: ready, or which of the two failures. */
export async function waitUntilReady(
  probe: Probe,
  target: ProbedProcess,
  timeoutMs: number,
): Promise<'ready' | 'ended' | 'late'> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (target.ended()) return 'ended'
    if (await answers(probe, target)) return target.ended() ? 'ended' : 'ready'
    if (performance.now() > deadline) return 'late'
    await sleep(intervalMs)
  }
}

async function answers(probe: Probe, target: ProbedProcess): Promise<boolean> {
  switch (probe.kind) {
    case 'tcp':
      return await connects({ host: probe.host, port: probe.port })
    case 'socket':
      return await connects({ path: probe.path })
    case 'http':
      return await respondsWithSuccess(probe)
    case 'log':
      return new RegExp(probe.pattern).test(readLog(target.log.path, target.log.from, logWindow))
  }
}

async function connects(to: NetConnectOpts): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(to)
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(attemptMs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

async function respondsWithSuccess(probe: Extract<Probe, { kind: 'http' }>): Promise<boolean> {
  const options: RequestOptions = { agent: false, timeout: attemptMs }
  try {
    // Read again at each attempt: the process may write its own certificate while it starts.
    if (probe.caFile) options.ca = readFileSync(probe.caFile)
    if (probe.certFile) options.cert = readFileSync(probe.certFile)
    if (probe.keyFile) options.key = readFileSync(probe.keyFile)
  } catch {
    return false
  }
  if (probe.bearerToken) options.headers = { authorization: `Bearer ${probe.bearerToken}` }
  const request = probe.url.startsWith('https:') ? httpsRequest : httpRequest
  return await new Promise((resolve) => {
    const outgoing = request(probe.url, options, (response) => {
      response.resume()
      resolve(response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300)
    })
    outgoing.once('timeout', () => outgoing.destroy())
    outgoing.once('error', () => resolve(false))
    outgoing.end()
  })
}
