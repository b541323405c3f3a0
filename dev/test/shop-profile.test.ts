// Does the profile `shop` run an example shop as a shop runs? With tokens, mails, traces, Redis and
// a read replica, each seen by the way that the terminal prints; and with refunds by its staff and
// a customer's bank, which the simulated provider plays.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const root = join(import.meta.dirname, '../..')
let space: Workspace
let running: RunningDev
let devServices: string
/** An order of `me`. */
let shippedId: string

/**
 * The example with refunds, and one replica of each part, so that the test is about what it is
 * wired to.
 */
async function smallShop(): Promise<string> {
  const text = await readFile(join(root, 'examples/shop-refunds.yaml'), 'utf8')
  return text.replaceAll(/minReplicas: \d+/g, 'minReplicas: 1').replaceAll(/maxReplicas: \d+/g, 'maxReplicas: 2')
}

beforeAll(async () => {
  space = await workspace(await smallShop())
  running = new RunningDev(space, ['--profile', 'shop'])
  await running.says('shop runs')
  devServices = `http://${await running.address('dev-services')}`
}, 400_000)
afterAll(async () => {
  running.kill()
  await running.ended()
  await space.remove()
})

async function printedToken(...args: readonly string[]): Promise<string> {
  const options = { cwd: space.dir, env: { ...space.env, ORDERPIPELINE_CLUSTER: 'local' } }
  const call = [join(root, 'cli/src/main.ts'), 'token', ...args]
  return (await promisify(execFile)(process.execPath, call, options)).stdout.trim()
}

async function json<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) })
  expect(answer.status, url).toBe(200)
  return (await answer.json()) as T
}

function place(headers: Record<string, string>): Promise<Response> {
  return post(`${running.gateway}/v1/orders`, { items: [{ sku: 'SKU-0001', quantity: 1 }] }, headers)
}

interface MoneyView {
  readonly refunds?: readonly { readonly status: string }[]
  readonly disputes?: readonly { readonly status: string }[]
}

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
}

describe('the shop of npm start', () => {
  it('refuses an order without a token', async () => {
    expect((await place({})).status).toBe(401)
  })

  it('takes an order with a token that the command prints, mails its customer, and shows its trace', async () => {
    const authorization = `Bearer ${await printedToken('me')}`
    const answer = await place({ authorization })
    expect(answer.status).toBe(202)
    const { orderId } = (await answer.json()) as { orderId: string }
    const order = await eventually('the order is shipped', 120, async () => {
      const view = await json<{ status: string; traceId?: string }>(`${running.gateway}/v1/orders/${orderId}`, {
        authorization,
      })
      return view.status === 'SHIPPED' ? view : undefined
    })
    shippedId = orderId
    await eventually('the mail of its shipment is there', 60, async () => {
      const { mails } = await json<{ mails: { subject: string }[] }>(`${devServices}/mails?to=me@`)
      return mails.some(({ subject }) => subject.includes('is on its way')) || undefined
    })
    expect(order.traceId).toMatch(/^[0-9a-f]{32}$/)
    const services = await eventually('its trace has a span of each service', 30, async () => {
      const { spans } = await json<{ spans: { service: string }[] }>(`${devServices}/traces/${order.traceId}`)
      const names = new Set(spans.map(({ service }) => service))
      return names.has('gateway') && names.has('payment') && names.has('notification') ? names : undefined
    })
    expect(services).toContain('orders')
  })

  it('shows in the console an order that a customer placed at the gateway, and cancels it there', async () => {
    const { origin, hash } = new URL(/Open it in a browser: (http:\S+)/.exec(running.output)?.[1] ?? '')
    const act = (action: string, body: object): Promise<Response> =>
      post(`${origin}/api/actions/default/shop/${action}`, body, { 'x-console-key': hash.replace('#key=', '') })
    await act('try-provider', { mode: 'slow' })
    const { orderId } = (await (await place({ authorization: `Bearer ${await printedToken('ada')}` })).json()) as {
      orderId: string
    }
    const eventuallyShown = (what: string, holds: (order: { customerId: string; status: string }) => boolean) =>
      eventually(what, 60, async () => {
        const url = `${origin}/api/orders/default/shop/${orderId}`
        const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) })
        expect(answer.status, await answer.clone().text()).not.toBe(403)
        const order = (await answer.json()) as { customerId: string; status: string }
        return answer.ok && holds(order) ? order : undefined
      })
    await eventuallyShown('the console shows the order', ({ customerId }) => customerId === 'ada')
    const cancelled = await act('cancel', { order: orderId })
    expect(cancelled.status, await cancelled.clone().text()).toBe(200)
    await eventuallyShown('the order is cancelled', ({ status }) => status === 'CANCELLED')
    await act('try-provider', { mode: 'normal' })
  })

  it('makes a dead letter of a message that Try it sends, shows its cause in the console, and goes on', async () => {
    const { origin, hash } = new URL(/Open it in a browser: (http:\S+)/.exec(running.output)?.[1] ?? '')
    const key = { 'x-console-key': hash.replace('#key=', '') }
    const send = (headers: Record<string, string>): Promise<Response> =>
      post(`${origin}/api/actions/default/shop/try-poison`, { stage: 'orders' }, headers)
    expect((await send({})).status).toBe(403)
    expect(await (await send(key)).json()).toEqual({ topic: 'shop.orders.placed', stages: ['orders'] })
    await eventually('the console shows the dead letter', 60, async () => {
      const { groups } = await json<{ groups: { stage: string; reason: string }[] }>(
        `${origin}/api/dead-letters/default/shop`,
      )
      return groups.some(({ stage, reason }) => stage === 'orders' && reason === 'NotJson') || undefined
    })
    const authorization = `Bearer ${await printedToken('me')}`
    const { orderId } = (await (await place({ authorization })).json()) as { orderId: string }
    await eventually('an order after it is shipped', 60, async () => {
      const { status } = await json<{ status: string }>(`${running.gateway}/v1/orders/${orderId}`, { authorization })
      return status === 'SHIPPED' || undefined
    })
  })

  it('gives staff what is for staff, and customers not', async () => {
    const stock = (token: string) =>
      fetch(`${running.gateway}/v1/stock`, { headers: { authorization: `Bearer ${token}` } })
    expect((await stock(await printedToken('me'))).status).toBe(403)
    expect((await stock(await printedToken('kim', '--scope', 'shop.staff'))).status).toBe(200)
  })

  it('has its staff refund a part of an order, mails the customer, and suspends refunds in a dispute', async () => {
    const [customer, staff] = await Promise.all([printedToken('me'), printedToken('kim', '--scope', 'shop.staff')])
    const refund = (token: string, key: string) =>
      post(
        `${running.gateway}/v1/orders/${shippedId}/refunds`,
        { amountCents: 1, reason: 'late' },
        {
          ...{ authorization: `Bearer ${token}`, 'idempotency-key': key },
        },
      )
    expect((await refund(customer, 'mine')).status).toBe(403)
    expect((await refund(staff, 'note-1')).status).toBe(202)
    const money = (what: string, holds: (view: MoneyView) => boolean) =>
      eventually(what, 90, async () => {
        const headers = { authorization: `Bearer ${customer}` }
        const view = await json<MoneyView>(`${running.gateway}/v1/orders/${shippedId}`, headers)
        return holds(view) ? view : undefined
      })
    await money('the part is refunded', ({ refunds }) => refunds?.[0]?.status === 'REFUNDED')
    await eventually('the mail about the refund is there', 60, async () => {
      const { mails } = await json<{ mails: { subject: string }[] }>(`${devServices}/mails?to=me@`)
      return mails.some(({ subject }) => /refund/i.test(subject)) || undefined
    })
    const provider = `http://${await running.address('payment-provider')}`
    expect((await post(`${provider}/v1/disputes`, { orderId: shippedId })).status).toBe(201)
    await money('the dispute is shown', ({ disputes }) => disputes?.[0]?.status === 'OPEN')
    expect((await refund(staff, 'note-2')).status).toBe(409)
  })

  it('has its read replica and, where the machine has it, its Redis among its dependencies', async () => {
    const { dependencies } = await json<{ dependencies: { name: string; status: string }[] }>(
      `${running.gateway}/health`,
    )
    const up = dependencies.filter(({ status }) => status === 'up').map(({ name }) => name)
    expect(up).toEqual(expect.arrayContaining(['database', 'kafka', 'replica']))
    if (!running.output.includes('redis-server is not on the PATH')) expect(up).toContain('redis')
  })

  it('keeps AUTH=none out of what runs, and the file as it is', async () => {
    const { spec } = await running.pipeline()
    expect(spec.gateway?.env?.some(({ name }) => name === 'AUTH')).toBe(false)
    expect(await readFile(space.file, 'utf8')).toBe(await smallShop())
  })

  it('follows an edit of the file, and stays complete', async () => {
    await space.write(
      (await smallShop()).replace('name: AUTH, value: none', 'name: RATE_LIMIT_PER_CUSTOMER, value: "100"'),
    )
    await running.says('The edited file is applied.')
    const env = (await running.pipeline()).spec.gateway?.env ?? []
    expect(env).toContainEqual({ name: 'RATE_LIMIT_PER_CUSTOMER', value: '100' })
    expect(env.map(({ name }) => name)).toContain('AUTH_ISSUER')
  })
})
