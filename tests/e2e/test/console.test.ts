// Does the console answer on a cluster what people ask it? The six tasks in a real browser, from
// the address that the command prints, during a real burst; and the console that many share, as a
// pod with an account that only lists.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { platformRelease } from '@orderpipeline/cluster/release'
import { impatientPayment, sixTasks, taskNames, tooManyClicks } from '@orderpipeline/test-support/six-tasks'
import type { TaskReport } from '@orderpipeline/test-support/six-tasks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { background } from '../src/background.ts'
import type { BackgroundCommand } from '../src/background.ts'
import { orderpipeline } from '../src/command-line.ts'
import { consoleAccount, grantedVerbs, switchConsole, tokenOfViewer, viewer } from '../src/cluster-console.ts'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

const settled = { latencyMs: 20, errorRate: 0, declineRate: 0.02 }

describe('a person with the address that orderpipeline console prints', () => {
  let platform: Platform
  let serving: BackgroundCommand | undefined
  let report: TaskReport
  let before: OrderPipeline['spec'] | undefined

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
    before = (await platform.cluster.pipeline('shop')).spec
    await platform.editPipeline('shop', ({ spec }) => {
      const payment = spec.stages.find(({ name }) => name === 'payment')
      if (!payment) throw new Error('the shop has no payment')
      payment.retry = { ...impatientPayment.retry }
      payment.env = [...(payment.env ?? []), ...impatientPayment.env]
    })
    await platform.settled('shop')
    const args = ['cli/src/main.ts', 'console', '--allow-writes', '--json']
    serving = await background(args, /"url":"(http:[^"]+)"/)
    report = await sixTasks(serving.printed, { orders: 3_000, failing: 1_000 })
  })
  afterAll(async () => {
    await serving?.close()
    await platform.providerBehaves(settled)
    const spec = before
    if (spec)
      await platform.editPipeline('shop', (pipeline) => {
        pipeline.spec = structuredClone(spec) as typeof pipeline.spec
      })
    // Exit code 1: none waits. After a task that failed there may be some.
    await orderpipeline('dlq', 'replay', 'shop', 'payment', '--all', '--by', 'e2e')
    await platform.finished(300)
    await platform.settled('shop')
    await platform.close()
  })

  it('does each of the six tasks in at most three clicks, without a complaint of the browser', () => {
    expect(tooManyClicks(report)).toEqual({})
    expect(report.complaints).toEqual([])
    expect(taskNames.filter((name) => report.tasks[name].keys > 0)).toEqual(['order'])
  })

  it('gets the answers of the cluster', () => {
    const { bottleneck, whySoMany, order, better, replay, link } = report.tasks
    expect([bottleneck.clicks, bottleneck.answer.stage]).toEqual([0, 'payment'])
    expect(whySoMany.answer.replicas).toBeGreaterThan(5)
    expect(whySoMany.answer.reasons.join('\n')).toMatch(/lag [\d,]+ on shop\.inventory\.updated/)
    expect(order.answer.waits, order.answer.status).toMatch(/^Waits for \w+/)
    expect(better.answer).toMatch(/The backlog is shrinking\.$/)
    expect(replay.answer).toMatchObject({ cause: 'payment Failing' })
    expect(replay.answer.replayed).toBeGreaterThan(0)
    expect([link.answer.seen, link.answer.acts]).toEqual([link.answer.heading, false])
  })

  it('leaves no order without an end, and no dead letter that waits', async () => {
    await platform.finished(600)
    const { code, stdout, stderr } = await orderpipeline('dlq', 'list', 'shop', 'payment', '--json')
    expect([code, stderr]).toEqual([0, ''])
    expect((JSON.parse(stdout) as { readonly letters: readonly unknown[] }).letters).toEqual([])
  })
})

describe('a console in the cluster', () => {
  let platform: Platform
  let forwarded: BackgroundCommand | undefined
  let origin: string

  beforeAll(async () => {
    platform = await attach()
    await switchConsole(true)
    await waitFor(
      'the pod of the console ready',
      async () => {
        const { wanted: desired, ready } = await platform.cluster.stage(consoleAccount, platformRelease.namespace)
        return desired === 1 && ready === 1 ? { done: true, value: ready } : { done: false, seen: `${ready} ready` }
      },
      { seconds: 180 },
    )
    const forward = ['port-forward', `service/${consoleAccount}`, ':8080', '-n', platformRelease.namespace]
    forwarded = await background(
      ['cluster/src/main.ts', 'kubectl', ...forward],
      /Forwarding from (127\.0\.0\.1:\d+) -> /,
    )
    origin = `http://${forwarded.printed}`
  })
  afterAll(async () => {
    await forwarded?.close()
    await viewer(platform.cluster, 'delete')
    await switchConsole(false)
    await platform.close()
  })

  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${origin}${path}`, { ...init, signal: AbortSignal.timeout(30_000) })

  it('serves its page, and shows a pipeline only to a person with a token who may see it', async () => {
    const page = await send('/')
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('OrderPipeline')])
    expect((await send('/api/stream')).status).toBe(401)
    await viewer(platform.cluster, 'create')
    const headers = { origin, 'content-type': 'application/json' }
    const signIn = (token: string): Promise<Response> =>
      send('/api/session', { method: 'POST', headers, body: JSON.stringify({ token }) })
    expect((await signIn('of-nobody')).status).toBe(401)
    const session = await signIn(await tokenOfViewer(platform.cluster))
    expect(session.status, await session.clone().text()).toBe(200)
    const { by } = (await session.json()) as { by: string }
    expect(by).toContain('system:serviceaccount:')
    const [cookie = ''] = session.headers.get('set-cookie')?.split(';') ?? []
    const stream = await send('/api/stream', { headers: { cookie } })
    expect(stream.status).toBe(200)
    const state = await firstText(stream, /"name":"shop".*\n/)
    expect(state).toContain('"writes":')
  })

  it('runs with an account that has no verb but list, and reads no Secret', async () => {
    const verbs = await grantedVerbs(platform.cluster)
    expect(verbs).toEqual(['list'])
    const account = `system:serviceaccount:${platformRelease.namespace}:${consoleAccount}`
    for (const [verb, resource] of [
      ['get', 'secrets'],
      ['create', 'events'],
      ['patch', 'orderpipelines.orderpipeline.dev'],
      ['delete', 'pods'],
    ] as const) {
      const question = ['auth', 'can-i', verb, resource, '--as', account, '-n', 'default']
      const { stdout } = await platform.cluster.kubectl(question, { allowFailure: true })
      expect([verb, resource, stdout.trim()]).toEqual([verb, resource, 'no'])
    }
  })
})

/** What the stream has sent until it fits. */
async function firstText(response: Response, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (pattern.test(text)) return text
  }
  throw new Error(`the stream ended with ${text}`)
}
