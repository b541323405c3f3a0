// Does `orderpipeline console` show what is in a cluster, with no more than the kubeconfig? On a
// real API server, from the command to the stream; what the operator would write into the status is
// written as it would.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { apiServer, run } from '../src/testing/api-server.ts'
import type { ApiServer } from '../src/testing/api-server.ts'
import type { ConsoleState, Rights } from '@orderpipeline/console'

const shop = parse(readFileSync(new URL('../../examples/shop.yaml', import.meta.url), 'utf8')) as object
const merge = 'application/merge-patch+json'
function pipelines() {
  return `/apis/orderpipeline.dev/v1alpha1/namespaces/${on.namespace}/orderpipelines`
}
let on: ApiServer
beforeAll(async () => {
  on = await apiServer()
  await on.must('POST', pipelines(), shop)
})

/** Runs the command until `use` is done with its address. */
async function withConsole<T>(
  use: (url: string, key: string) => Promise<T>,
  { kubeconfig, args = [] }: { readonly kubeconfig?: string; readonly args?: readonly string[] } = {},
): Promise<T> {
  const interrupt = new AbortController()
  let settle: (address: string) => void = () => undefined
  const address = new Promise<string>((resolve) => (settle = resolve))
  const onOutput = (text: string): void => {
    const match = /http:\/\/127\.0\.0\.1:\d+\S*/.exec(text)
    if (match) settle(match[0])
  }
  const command = run(['console', '-n', on.namespace, ...args], {
    ...{ signal: interrupt.signal, said: onOutput },
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  })
  try {
    return await Promise.race([
      address.then((text) => use(new URL(text).origin, new URL(text).hash.replace('#key=', ''))),
      command.then(({ stderr }) => Promise.reject(new Error(`it ended early: ${stderr}`))),
    ])
  } finally {
    interrupt.abort()
    expect(await command).toMatchObject({ code: 0, stderr: '' })
  }
}

/** States and changes of the stream, until one is as expected; its state. */
async function streamed(url: string, isExpected: (text: string) => boolean): Promise<string> {
  const stream = await fetch(`${url}/api/stream`, { signal: AbortSignal.timeout(30_000) })
  let text = ''
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (isExpected(text)) return text
  }
  throw new Error(`the stream ended with ${text}`)
}

it('shows a pipeline, and pushes a change of its status', async () => {
  await withConsole(async (url) => {
    const first = await streamed(url, (text) => text.includes('"name":"shop"'))
    const state = JSON.parse(/event: state\ndata: (.*)/.exec(first)?.[1] ?? '{}') as ConsoleState
    expect(state).toMatchObject({ namespace: on.namespace })
    const change = streamed(url, (text) => text.includes('"lag":4242'))
    const stage = {
      name: 'payment',
      replicas: 5,
      readyReplicas: 5,
      desiredReplicas: 5,
      lag: 4_242,
      consumedPerSecond: 10,
    }
    await on.must('PATCH', `${pipelines()}/shop/status`, { status: { stages: [stage] } }, merge)
    expect(await change).toContain('"waitSeconds":425')
    expect(await (await fetch(url)).text()).toContain('<div id="app">')
  })
})

it('reports that the gateway cannot look an order up, and why', async () => {
  await withConsole(async (url) => {
    await streamed(url, (text) => text.includes('"name":"shop"'))
    const answer = await fetch(`${url}/api/orders/${on.namespace}/shop/01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f`)
    expect(answer.status).toBeGreaterThanOrEqual(404)
    expect((await answer.json()) as object).toHaveProperty('message')
  })
})

describe('with --allow-writes', () => {
  const postAction = async (url: string, key: string, action: string, body: object) => {
    const answer = await fetch(`${url}/api/actions/${on.namespace}/shop/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-console-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
    return { status: answer.status, body: (await answer.json()) as { message?: string; lines?: string[] } }
  }
  const rights = async (url: string, key: string) => {
    const path = `${url}/api/actions/${on.namespace}/shop`
    return (await (await fetch(path, { headers: { 'x-console-key': key } })).json()) as Rights
  }
  const suspended = async () =>
    ((await on.must('GET', `${pipelines()}/shop`))['spec'] as { readonly suspend?: boolean }).suspend ?? false

  it('suspends and resumes as the user of the kubeconfig, and records the user in an Event', async () => {
    await withConsole(
      async (url, key) => {
        await streamed(url, (text) => text.includes('"name":"shop"'))
        const { by, refused } = await rights(url, key)
        expect(by).toContain('ada@desk')
        expect(Object.keys(refused)).toEqual([])
        expect((await postAction(url, 'another', 'suspend', { suspend: true })).status).toBe(403)
        expect((await postAction(url, key, 'suspend', { suspend: 'yes' })).status).toBe(400)
        const dry = await postAction(url, key, 'suspend', { suspend: true, dryRun: true })
        expect(dry.body.lines?.join()).toContain('The gateway stops first')
        expect(await suspended()).toBe(false)
        const response = await postAction(url, key, 'suspend', { suspend: true })
        expect(response).toEqual({ status: 200, body: { message: 'Suspended shop.' } })
        expect(await suspended()).toBe(true)
        const events = await on.must('GET', `/apis/events.k8s.io/v1/namespaces/${on.namespace}/events`)
        expect(events['items']).toContainEqual(
          expect.objectContaining({
            reason: 'SuspensionAsked',
            note: `${by} suspended shop`,
            regarding: expect.objectContaining({ kind: 'OrderPipeline', name: 'shop' }) as unknown,
          }),
        )
        await postAction(url, key, 'suspend', { suspend: false })
        expect(await suspended()).toBe(false)
      },
      { args: ['--allow-writes'] },
    )
  })

  it('refuses actions that the user has no right to, and names the missing right', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderpipeline-console-'))
    try {
      await viewer('mallory')
      const file = join(folder, 'kubeconfig')
      const config = parse(readFileSync(kubeconfig(), 'utf8')) as { users: { user: { as?: string } }[] }
      for (const { user } of config.users) user.as = 'mallory'
      await writeFile(file, JSON.stringify(config))
      await withConsole(
        async (url, key) => {
          await streamed(url, (text) => text.includes('"name":"shop"'))
          const { by, refused } = await rights(url, key)
          expect(by).toBe('mallory (ada@desk)')
          const missing = `Your user may not patch orderpipelines in namespace ${on.namespace}.`
          expect(refused.suspend).toBe(missing)
          expect(refused.replay).toContain('may not create orderpipelines/deadletters')
          expect(await postAction(url, key, 'suspend', { suspend: true })).toEqual({
            status: 403,
            body: { message: missing },
          })
          expect(await suspended()).toBe(false)
        },
        { args: ['--allow-writes'], kubeconfig: file },
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

/** May read all that the console reads, and nothing else. */
async function viewer(name: string): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${on.namespace}`
  const metadata = { name }
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }]
  await on.must('POST', `${rbac}/roles`, { metadata, rules })
  await on.must('POST', `${rbac}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  })
}

it('refuses an invalid port, an address that is none of a Prometheus, and a kubeconfig without a cluster', async () => {
  expect(await run(['console', '--port', '0'])).toMatchObject({ code: 2 })
  expect((await run(['console', '--port', '0'])).stderr).toContain('allowed: a whole number from 1 to 65535')
  const password = await run(['console', '--prometheus', 'http://a:b@127.0.0.1:9090'])
  expect(password).toMatchObject({ code: 2, stderr: expect.stringContaining('--prometheus: found') as string })
  expect(await run(['console'], { kubeconfig: '/nowhere/kubeconfig' })).toMatchObject({ code: 1 })
})
