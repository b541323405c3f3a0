// Does `orderpipeline console` show what is in a cluster, with no more than the kubeconfig? On a
// real API server, from the command to the stream; what the operator would write into the status is
// written as it would.
import { readFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { apiServer, run, type ApiServer } from './api-server.ts'
import type { ConsoleState } from '@orderpipeline/console'

const shop = parse(readFileSync(new URL('../../examples/shop.yaml', import.meta.url), 'utf8')) as object
const merge = 'application/merge-patch+json'
const pipelines = () => `/apis/orderpipeline.dev/v1alpha1/namespaces/${on.namespace}/orderpipelines`
let on: ApiServer
beforeAll(async () => {
  on = await apiServer()
  await on.must('POST', pipelines(), shop)
})

/** Runs the command until `use` is done with its address. */
async function withConsole<T>(use: (url: string) => Promise<T>): Promise<T> {
  const ended = new AbortController()
  let settle: (url: string) => void = () => undefined
  const url = new Promise<string>((resolve) => (settle = resolve))
  const said = (text: string): void => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text)
    if (found) settle(found[0])
  }
  const command = run(['console', '-n', on.namespace], { signal: ended.signal, said })
  try {
    return await Promise.race([
      url.then(use),
      command.then(({ stderr }) => Promise.reject(new Error(`it ended early: ${stderr}`))),
    ])
  } finally {
    ended.abort()
    expect(await command).toMatchObject({ code: 0, stderr: '' })
  }
}

/** States and changes of the stream, until one is as wanted; its state. */
async function streamed(url: string, wanted: (text: string) => boolean): Promise<string> {
  const stream = await fetch(`${url}/api/stream`, { signal: AbortSignal.timeout(30_000) })
  let text = ''
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (wanted(text)) return text
  }
  throw new Error(`the stream ended with ${text}`)
}

it('shows a pipeline, and a change of its status without being asked again', async () => {
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

it('says that the gateway cannot be asked for an order, and why', async () => {
  await withConsole(async (url) => {
    await streamed(url, (text) => text.includes('"name":"shop"'))
    const answer = await fetch(`${url}/api/orders/${on.namespace}/shop/01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f`)
    expect(answer.status).toBeGreaterThanOrEqual(404)
    expect((await answer.json()) as object).toHaveProperty('message')
  })
})

it('is refused a port that is none, and a kubeconfig without a cluster', async () => {
  expect(await run(['console', '--port', '0'])).toMatchObject({ code: 2 })
  expect((await run(['console', '--port', '0'])).stderr).toContain('allowed: a whole number from 1 to 65535')
  expect(await run(['console'], { kubeconfig: '/nowhere/kubeconfig' })).toMatchObject({ code: 1 })
})
