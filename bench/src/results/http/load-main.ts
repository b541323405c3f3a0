// The load generator as a process: orders over so many connections for so many seconds, one order a
// request. LOAD holds what is to be done as JSON; the result is JSON on standard output.
import { percentile } from '../../operator/samples.ts'
import { loadSpec } from './load.ts'
import type { LoadResult } from './load.ts'
import { runConnection } from './connection.ts'

const { url, connections, warmUpSeconds, seconds } = loadSpec.parse(JSON.parse(process.env['LOAD'] ?? '{}'))
const { hostname: host, port, pathname } = new URL(url)
const requests = Array.from({ length: 5_000 }, (_, n) => requestOf(n))
const startedAt = performance.now()
const [measuresFrom, endsAt] = [startedAt + warmUpSeconds * 1_000, startedAt + (warmUpSeconds + seconds) * 1_000]
const statuses = new Map<number, number>()
const times: number[] = []
let sentCount = 0

function next(): Buffer | undefined {
  return performance.now() < endsAt ? requests[sentCount++ % requests.length] : undefined
}
function onAnswer(status: number, ms: number): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const now = performance.now()
  if (now >= measuresFrom && now < endsAt) times.push(ms)
}
const options = { host, port: Number(port), next, onAnswer }
await Promise.all(Array.from({ length: connections }, () => runConnection(options)))
const result: LoadResult = {
  perSecond: times.length / seconds,
  answerMs: [percentile(times, 0.5), percentile(times, 0.95)],
  statuses: [...statuses],
}
process.stdout.write(`${JSON.stringify(result)}\n`)

function requestOf(n: number): Buffer {
  const sku = `SKU-${String((n % 100) + 1).padStart(4, '0')}`
  const body = JSON.stringify({ customerId: `customer-${n}`, items: [{ sku, quantity: 1 }] })
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}:${port}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
