// Does the local cluster run the shop as a shop runs? With tokens, mails, traces, limits in Redis
// and a read replica, each seen by the way that `npm run up` prints.
import { readFile } from 'node:fs/promises'
import { runningHost, statePaths } from '@orderpipeline/cluster'
import { alertGroups } from '@orderpipeline/monitoring'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach, gatewayUrl } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

const services = '/api/v1/namespaces/default/services/dev-services:8080/proxy'
const customer = 'customer-000001'

describe('the shop of npm run up', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
  })
  afterAll(() => platform.close())

  const fromDevServices = async <T>(path: string): Promise<T> => {
    const { stdout } = await platform.cluster.kubectl(['get', '--raw', `${services}${path}`])
    return JSON.parse(stdout) as T
  }
  const place = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${gatewayUrl}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ items: [{ sku: 'SKU-0001', quantity: 1 }] }),
      signal: AbortSignal.timeout(30_000),
    })

  it('refuses an order without a token, and takes one with a token of the development issuer', async () => {
    expect((await place({})).status).toBe(401)
    expect((await place(await platform.as(customer))).status).toBe(202)
  })

  it('mails the customer, and shows the trace of the order', async () => {
    const headers = await platform.as(customer)
    const { orderId } = (await (await place(headers)).json()) as { orderId: string }
    const { value: traceId = '' } = await waitFor(
      'the order is shipped',
      async () => {
        const answer = await fetch(`${gatewayUrl}/v1/orders/${orderId}`, { headers })
        const { status, traceId: id } = (await answer.json()) as { status: string; traceId?: string }
        return status === 'SHIPPED' ? { done: true, value: id } : { done: false, seen: status }
      },
      { seconds: 120 },
    )
    await waitFor(
      'the mail of its shipment',
      async () => {
        const { mails } = await fromDevServices<{ mails: { subject: string; text: string }[] }>(
          `/mails?to=${customer}@`,
        )
        // How many there are depends on the pace: an order's end drops mails not sent before it.
        const subjects = mails.filter(({ text }) => text.includes(orderId)).map(({ subject }) => subject)
        const shipped = subjects.some((subject) => subject.includes('is on its way'))
        return shipped ? { done: true, value: undefined } : { done: false, seen: subjects.join('; ') }
      },
      { seconds: 60 },
    )
    await waitFor(
      'its trace',
      async () => {
        const { spans } = await fromDevServices<{ spans: { service: string }[] }>(`/traces/${traceId}`)
        const names = new Set(spans.map(({ service }) => service))
        const complete = ['gateway', 'orders', 'payment', 'notification'].every((name) => names.has(name))
        return complete ? { done: true, value: undefined } : { done: false, seen: [...names].join(', ') }
      },
      { seconds: 60 },
    )
  })

  it('counts requests in Redis, and reads from a replica', async () => {
    const answer = await fetch(`${gatewayUrl}/health`, { signal: AbortSignal.timeout(10_000) })
    const { dependencies } = (await answer.json()) as { dependencies: { name: string; status: string }[] }
    const up = dependencies.filter(({ status }) => status === 'up').map(({ name }) => name)
    expect(up).toEqual(expect.arrayContaining(['database', 'kafka', 'redis', 'replica']))
  })

  it('runs with a Prometheus on the same machine, which has the alerts', async () => {
    const host = await runningHost(statePaths().processes)
    const prometheus = (await host?.list())?.find(({ name }) => name === 'prometheus')
    expect(prometheus?.state).toBe('ready')
    const saved = JSON.parse(await readFile(statePaths().ports, 'utf8')) as { prometheus: number }
    const answer = await fetch(`http://127.0.0.1:${saved.prometheus}/api/v1/rules?type=alert`, {
      signal: AbortSignal.timeout(10_000),
    })
    const { data } = (await answer.json()) as { data: { groups: { rules: { name: string }[] }[] } }
    const names = data.groups.flatMap(({ rules }) => rules.map(({ name }) => name))
    expect(names).toEqual(expect.arrayContaining(alertGroups.flatMap(({ alerts }) => alerts.map(({ name }) => name))))
  })
})
