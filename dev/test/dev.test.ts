// Does a pipeline run without a cluster as it does in one? The command in a process of its own,
// with real processes below it: orders are shipped, stages are scaled on lag, edits are carried
// out, and no death loses an order.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTraffic } from '@orderpipeline/traffic'
import type { TrafficResult } from '@orderpipeline/traffic'
import { flawless, Ledger } from '@orderpipeline/test-support/ledger'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const small = 'scaleDown: { stabilizationSeconds: 0, periodSeconds: 5 }'

/** The shop with few replicas; the autoscaler of payment acts at once in both directions. */
function shop({ payment = 3, more = '', topics = '' } = {}): string {
  return `
apiVersion: orderpipeline.dev/v1alpha1
kind: OrderPipeline
metadata: { name: shop }
spec:
  kafka: { strimziCluster: shop-kafka }
  database: { secretName: shop-postgres, key: url, maxConnections: 100 }
  gateway: { scaling: { minReplicas: 2, maxReplicas: 4, cpuPercent: 400 }, resources: { requests: { cpu: 500m } }, env: [{ name: AUTH, value: none }] }
  topics:
    - name: orders.placed
    - name: orders.validated
    - { name: inventory.updated, partitions: 10 }
    - name: payment.processed
    - name: orders.fulfilment
    - name: shipping.updated
    - name: orders.cancelled
    - name: orders.status${topics}
  stages:
    - name: orders
      consumes: [{ topic: orders.placed }, { topic: inventory.updated }, { topic: payment.processed }, { topic: shipping.updated }]
      emits: [{ topic: orders.validated }, { topic: orders.fulfilment }, { topic: orders.cancelled }, { topic: orders.status }]
      scaling: { minReplicas: 2, maxReplicas: 2, lagPerReplica: 1000 }
    - name: inventory
      consumes: [{ topic: orders.validated }, { topic: orders.fulfilment }, { topic: orders.cancelled }]
      emits: [{ topic: inventory.updated }]
      scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 1000 }
    - name: payment
      consumes: [{ topic: inventory.updated }, { topic: orders.cancelled }]
      emits: [{ topic: payment.processed }]
      concurrency: 5
      scaling: { minReplicas: 1, maxReplicas: ${payment}, lagPerReplica: 10, pollingIntervalSeconds: 1, ${small} }
      env:
        - { name: PAYMENT_PROVIDER_URL, value: "http://payment-provider:8080" }
        - { name: PAYMENT_TIMEOUT_MS, value: "10000" }
    - name: shipping
      consumes: [{ topic: orders.fulfilment }, { topic: orders.cancelled }]
      emits: [{ topic: shipping.updated }]
      scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 1000 }
    - name: notification
      consumes: [{ topic: orders.status }]
      scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 1000 }${more}
`
}

const audit = `
    - name: audit
      image: orderpipeline/order-audit:example
      consumes: [{ topic: orders.status }]
      scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 1000 }`

let space: Workspace
let running: RunningDev
const accepted: string[] = []
const auditMain = join(import.meta.dirname, '../../examples/order-audit/audit.mjs')

beforeAll(async () => {
  space = await workspace(shop())
  running = new RunningDev(space, ['--run', `audit=node ${auditMain}`])
  await running.says('shop runs')
}, 400_000)

afterAll(async () => {
  running.kill()
  await running.ended()
  await space.remove()
})

/** With its key, as the runtime prints it. */
function consoleAddress(): URL {
  return new URL(/Open it in a browser: (http:\S+)/.exec(running.output)?.[1] ?? '')
}

async function orders(count: number): Promise<TrafficResult> {
  const load = { burst: count }
  const result = await runTraffic({ url: running.gateway, load, connections: 16, waitMs: 240_000 })
  accepted.push(...result.acceptedIds)
  return result
}

async function ledger(): Promise<Ledger> {
  const url = new URL(await running.secret('shop-postgres-admin', 'url'))
  return new Ledger(url.href)
}

/** Every accepted order has one end, and all books agree. */
async function expectFlawless(): Promise<void> {
  const books = await ledger()
  try {
    const last = await eventually('the books agree', 120, async () => {
      const auditResult = await books.audit(accepted)
      return JSON.stringify(auditResult) === JSON.stringify({ ...auditResult, ...flawless(auditResult) })
        ? auditResult
        : undefined
    }).catch(() => books.audit(accepted))
    expect(last).toEqual({ ...last, ...flawless(last) })
    expect(last.shipped + last.cancelled).toBe(accepted.length)
  } finally {
    await books.close()
  }
}

async function pidOf(name: string): Promise<number> {
  const state = join(running.record.file, '..', 'state', 'orderpipeline', 'dev')
  const [project = ''] = await readdir(state)
  const folder = name === 'kafka' || name === 'postgres' ? 'processes' : 'replicas'
  return (JSON.parse(await readFile(join(state, project, folder, `${name}.pid`), 'utf8')) as { pid: number }).pid
}

describe('a pipeline that runs by orderpipeline dev', { timeout: 400_000 }, () => {
  it('ships an order, is Ready, and every replica has the environment of its container', async () => {
    const { outcomes } = await orders(20)
    expect(outcomes).toMatchObject({ shipped: 20, lost: 0, doubled: 0 })
    await eventually('Ready', 120, async () => {
      const { status } = await running.pipeline()
      return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' ? true : undefined
    })
    await expectFlawless()
  })

  it('has a console: it shows the pipeline, finds an order and reads the dead letters', async () => {
    const url = consoleAddress().origin
    const getJson = async <T>(path: string): Promise<T> => {
      const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(40_000) })
      expect(answer.status, path).toBe(200)
      return (await answer.json()) as T
    }
    expect(await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text()).toContain('OrderPipeline console')
    const order = await getJson<{ status: string; timeline: object[] }>(`/api/orders/default/shop/${accepted[0]}`)
    expect(order.status).toBe('SHIPPED')
    expect(order.timeline.length).toBeGreaterThan(3)
    expect(await getJson('/api/dead-letters/default/shop')).toMatchObject({ waiting: 0, groups: [] })
    await eventually('a sample of the history has both replicas of the gateway', 60, async () => {
      const history = await getJson<Record<string, { samples: { ready: number }[] }>>('/api/history/default/shop')
      return history['gateway']?.samples.at(-1)?.ready === 2 ? true : undefined
    })
  })

  it('has a console that acts with the key: it places orders, slows the provider and kills a replica', async () => {
    const { origin, hash } = consoleAddress()
    const postAction = async (action: string, body: object, key = hash.replace('#key=', '')): Promise<Response> =>
      fetch(`${origin}/api/actions/default/shop/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-console-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(40_000),
      })
    expect((await postAction('try-orders', { count: 1 }, 'guessed')).status).toBe(403)
    const placedOrder = (await (await postAction('try-orders', { count: 1 })).json()) as {
      taken: number
      order: string
    }
    expect(placedOrder).toMatchObject({ taken: 1 })
    accepted.push(placedOrder.order)
    await eventually('an order of the console is shipped', 60, async () => {
      const answer = await fetch(`${origin}/api/orders/default/shop/${placedOrder.order}`)
      return ((await answer.json()) as { status?: string }).status === 'SHIPPED' ? true : undefined
    })
    expect(await (await postAction('try-provider', { mode: 'slow' })).json()).toEqual({ mode: 'slow' })
    const mode = await fetch(`${origin}/api/try/default/shop`)
    expect(await mode.json()).toEqual({ mode: 'slow' })
    await postAction('try-provider', { mode: 'normal' })
    const killed = (await (await postAction('try-kill', { part: 'shipping' })).json()) as { message: string }
    expect(killed.message).toMatch(/^shop-shipping-\S+ was killed\.$/)
    await eventually('the replica is started again', 60, async () =>
      (await running.pods('shipping')).some(({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0)
        ? true
        : undefined,
    )
    await eventually('and is ready', 60, async () => ((await running.readyPods('shipping')) > 0 ? true : undefined))
  })

  it('scales a stage out on its lag and in again', async () => {
    await running.providerTakes(1_500)
    const load = orders(120)
    await eventually('three replicas of payment', 120, async () =>
      (await running.readyPods('payment')) === 3 ? true : undefined,
    )
    await running.providerTakes(20)
    await load
    await eventually('one replica of payment', 120, async () =>
      (await running.pods('payment')).length === 1 ? true : undefined,
    )
    expect(running.output).toMatch(/payment \d → 3 replicas/)
    await expectFlawless()
  })

  it('is shown, suspended and resumed by the commands that a cluster is', async () => {
    for (const args of [
      ['status', 'shop'],
      ['top', '--once'],
      ['explain', 'shop'],
    ])
      expect(await running.command(...args), args.join(' ')).toMatch(/payment/)
    const { letters } = JSON.parse(await running.command('dlq', 'list', 'shop', 'payment', '--json')) as {
      letters: unknown[]
    }
    expect(letters).toEqual([])
    await running.command('suspend', 'shop')
    await eventually('no replica of payment', 120, async () =>
      (await running.pods('payment')).length === 0 ? true : undefined,
    )
    await running.command('resume', 'shop')
    await eventually('the gateway and payment again', 120, async () =>
      (await running.readyPods('gateway')) === 2 && (await running.readyPods('payment')) === 1 ? true : undefined,
    )
    const { outcomes } = await orders(5)
    expect(outcomes).toMatchObject({ shipped: 5, lost: 0 })
  })

  it('applies an edit of its file: a new stage, another maximum, and the removal of the stage', async () => {
    await space.write(shop({ payment: 4, more: audit }))
    await eventually('audit runs', 120, async () => ((await running.readyPods('audit')) === 1 ? true : undefined))
    const { spec } = await running.pipeline()
    expect(spec.stages.find(({ name }) => name === 'payment')?.scaling.maxReplicas).toBe(4)
    await space.write(shop({ payment: 4 }))
    await eventually('audit is gone', 120, async () => ((await running.pods('audit')).length === 0 ? true : undefined))
  })

  it('does not apply an invalid edit, and says why', async () => {
    const before = (await running.pipeline()).metadata.generation
    await space.write(shop({ payment: 0 }))
    await running.says(/not applied; the running pipeline stays as it is[\s\S]*spec\.stages\[2\]\.scaling/)
    expect((await running.pipeline()).metadata.generation).toBe(before)
    await space.write(shop({ payment: 4 }))
  })

  it('loses no order when a replica, Kafka and PostgreSQL are killed under load, and restarts them', async () => {
    const load = orders(150)
    const [victim] = await running.pods('orders')
    process.kill(await pidOf(victim?.metadata.name ?? ''), 'SIGKILL')
    process.kill(await pidOf('kafka'), 'SIGKILL')
    await running.says(/Kafka was ended by SIGKILL; it is started again/)
    process.kill(await pidOf('postgres'), 'SIGKILL')
    await running.says(/PostgreSQL was ended by SIGKILL; it is started again/)
    const { outcomes } = await load
    expect(outcomes).toMatchObject({ lost: 0, doubled: 0 })
    const restarts = (await running.pods('orders')).flatMap(({ status }) => status?.containerStatuses ?? [])
    expect(restarts.reduce((sum, { restartCount }) => sum + restartCount, 0)).toBeGreaterThan(0)
    await expectFlawless()
  })

  it('leaves no process behind when it is killed itself, and continues with its orders at the next start', async () => {
    // A replica that is desired, or waits for its next start, has no process yet.
    const pids = await eventually('each replica of payment has its process', 60, async () =>
      Promise.all(
        ['kafka', 'postgres', ...(await running.pods('payment')).map(({ metadata }) => metadata.name)].map(pidOf),
      ),
    )
    running.kill()
    await running.ended()
    running = new RunningDev(space)
    await running.says('shop runs')
    const now = await Promise.all(['kafka', 'postgres'].map(pidOf))
    for (const pid of pids.filter((one) => !now.includes(one))) expect(isAlive(pid)).toBe(false)
    const { outcomes } = await orders(20)
    expect(outcomes).toMatchObject({ shipped: 20, lost: 0, doubled: 0 })
    await expectFlawless()
  })

  it('drains and ends every process after Ctrl-C', async () => {
    const pids = await Promise.all(
      ['kafka', 'postgres', ...(await running.pods('orders')).map(({ metadata }) => metadata.name)].map(pidOf),
    )
    expect(await running.interrupt()).toBe(0)
    expect(running.output).toContain('Stopped.')
    for (const pid of pids) expect(isAlive(pid)).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
