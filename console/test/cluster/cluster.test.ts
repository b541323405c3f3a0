// May each person see and do in a cluster's console what the API server says, and nothing else? On
// a real API server with RBAC, with tokens of ServiceAccounts.
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { createProducer, createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rights } from '../../src/model/actions.ts'
import type { DeadLetterDetails } from '../../src/model/dead-letters.ts'
import type { ConsoleState } from '../../src/model/state.ts'
import type { WhatIf } from '../../src/model/what-if.ts'
import type { HttpConsole } from '../../src/server/http-console.ts'
import { browserAt, editing, testEnvironment, ownRules, viewing } from './test-environment.ts'
import type { Browser, TestEnvironment } from './test-environment.ts'

let on: TestEnvironment
let shops: string
let others: string
let server: HttpConsole
const tokens: Record<string, string> = {}
const consoles: HttpConsole[] = []
async function start(...args: Parameters<TestEnvironment['startConsole']>): Promise<HttpConsole> {
  const started = await on.startConsole(...args)
  consoles.push(started)
  return started
}

beforeAll(async () => {
  on = testEnvironment()
  ;[shops, others] = await Promise.all([on.makeNamespace(), on.makeNamespace()])
  await Promise.all([on.makePipeline(shops, kafkaBootstrap()), on.makePipeline(others, kafkaBootstrap())])
  tokens['console'] = await on.makePerson(shops, 'console', ownRules())
  const [viewer, editor, stranger] = await Promise.all([
    on.makePerson(shops, 'viewer', viewing),
    on.makePerson(shops, 'editor', editing),
    on.makePerson(others, 'stranger', editing),
  ])
  Object.assign(tokens, { viewer, editor, stranger })
  const subject = { kind: 'ServiceAccount', name: 'console', namespace: shops }
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${others}`
  await on.must('POST', `${roles}/roles`, { metadata: { name: 'console' }, rules: ownRules() })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'console' }
  await on.must('POST', `${roles}/rolebindings`, { metadata: { name: 'console' }, roleRef, subjects: [subject] })
  server = await start([shops, others], tokens['console'] ?? '', { ALLOW_WRITES: 'true' })
})
afterAll(async () => {
  for (const one of consoles) await one.close()
  // What the console wrote into its log, and sent to browsers, has none of the tokens.
  for (const token of Object.values(tokens)) expect(on.lines.join('\n')).not.toContain(token)
})

function as(name: string, at = server): Promise<Browser> {
  return browserAt(at.port, tokens[name])
}
function stateIn(text: string): ConsoleState {
  return JSON.parse(/event: state\ndata: (.*)/.exec(text)?.[1] ?? '{}') as ConsoleState
}
function hasShop(text: string): boolean {
  return text.includes('"name":"shop"')
}
function actionPath(action: string, namespace = shops) {
  return `/api/actions/${namespace}/shop/${action}`
}
async function suspended(namespace = shops): Promise<boolean> {
  const pipeline = await on.must('GET', `${on.pipelines(namespace)}/shop`)
  return (pipeline['spec'] as { readonly suspend?: boolean }).suspend ?? false
}

describe('without a token', () => {
  it('the page is served, which says where to sign in, and no figure of any pipeline', async () => {
    const visitor = await browserAt(server.port)
    expect(await visitor.get('/')).toMatchObject({ status: 200, body: '<p>page' })
    expect(JSON.parse((await visitor.get('/api/session')).body)).toEqual({ signsIn: true })
    for (const path of ['stream', `history/${shops}/shop`, `dead-letters/${shops}/shop`, `actions/${shops}/shop`])
      expect(await visitor.get(`/api/${path}`), path).toMatchObject({ status: 401 })
    expect(await visitor.post(actionPath('suspend'), { suspend: true })).toMatchObject({ status: 401 })
  })

  it('the kubelet sees under the address of the pod that the console is up, and nothing else', async () => {
    const visitor = await browserAt(server.port)
    expect(await visitor.get('/healthz', { host: '10.0.0.7:8080' })).toMatchObject({ status: 200 })
    expect(await visitor.get('/', { host: '10.0.0.7:8080' })).toMatchObject({ status: 421 })
  })

  it('refuses a malformed token, and a token in a header that is not configured for a proxy', async () => {
    const visitor = await browserAt(server.port)
    for (const token of ['not-a-token', `${tokens['viewer']}x`, 'a b', 'x'.repeat(16_000)])
      expect(await visitor.post('/api/session', { token }), token.slice(0, 20)).toMatchObject({ status: 401 })
    expect(await visitor.post('/api/session', { token: '' })).toMatchObject({ status: 400 })
    const headers = { authorization: `Bearer ${tokens['viewer']}` }
    expect(await visitor.get(`/api/history/${shops}/shop`, headers)).toMatchObject({ status: 401 })
  })
})

describe('a person who may view', () => {
  it('sees the pipelines of their namespace alone, whose objects the account of the console may list', async () => {
    const viewer = await as('viewer')
    const state = stateIn(await viewer.streamed(hasShop))
    expect(state).toMatchObject({ namespace: shops, writes: true })
    expect(state.trouble).toBeUndefined()
    expect(state.pipelines.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([`${shops}/shop`])
    expect(await viewer.get(`/api/history/${shops}/shop`)).toMatchObject({ status: 200 })
  })

  it('makes a dry run of a pipeline that they see, on a thread of the console, and of no other', async () => {
    const viewer = await as('viewer')
    await viewer.streamed(hasShop)
    const question = 'rate=20&minutes=2&burst=2000&stage=payment&max=7'
    const answer = await viewer.get(`/api/what-if/${shops}/shop?${question}`)
    expect(answer.status, answer.body).toBe(200)
    const { changed, yaml } = JSON.parse(answer.body) as WhatIf
    expect(changed?.orders).toBe(4_400)
    expect(changed?.stages.find(({ name }) => name === 'payment')).toMatchObject({ maxReplicas: 7 })
    expect(yaml).toContain('maxReplicas: 7')
    expect(await viewer.get(`/api/what-if/${others}/shop?${question}`)).toMatchObject({ status: 403 })
  })

  it('sees which actions are refused and why, and can do none of them', async () => {
    const viewer = await as('viewer')
    await viewer.streamed(hasShop)
    const { by, refused } = JSON.parse((await viewer.get(`/api/actions/${shops}/shop`)).body) as Rights
    expect(by).toBe(`system:serviceaccount:${shops}:viewer`)
    expect(refused.suspend).toBe(`Your user may not patch orderpipelines in namespace ${shops}.`)
    expect(refused.replay).toContain('may not create orderpipelines/deadletters')
    expect(refused.discard).toContain('may not delete orderpipelines/deadletters')
    expect(refused.cancel).toContain('may not delete orderpipelines/orders')
    expect(refused.orders).toContain('may not get orderpipelines/orders')
    expect(refused.payloads).toContain('may not get orderpipelines/payloads')
    expect(refused.letters).toBeUndefined()
    const answer = await viewer.post(actionPath('suspend'), { suspend: true })
    expect(answer).toMatchObject({ status: 403 })
    expect(answer.body).toContain(refused.suspend)
    const cause = { stage: 'payment', reason: 'ProviderFault', newest: new Date().toISOString() }
    expect(await viewer.post(actionPath('discard'), cause)).toMatchObject({ status: 403 })
    expect(await viewer.post(actionPath('replay'), { ...cause, perSecond: 1 })).toMatchObject({ status: 403 })
    const order = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
    expect(await viewer.post(actionPath('cancel'), { order })).toMatchObject({ status: 403 })
    expect(await viewer.get(`/api/orders/${shops}/shop/${order}`)).toMatchObject({ status: 403 })
    expect(await suspended()).toBe(false)
  })
})

describe('a person who may edit', () => {
  it('suspends and resumes with their own token, and an Event has their name', async () => {
    const editor = await as('editor')
    await editor.streamed(hasShop)
    expect(JSON.parse((await editor.post(actionPath('suspend'), { suspend: true })).body)).toEqual({
      message: 'Suspended shop.',
    })
    expect(await suspended()).toBe(true)
    const name = `system:serviceaccount:${shops}:editor`
    const events = await on.must('GET', `/apis/events.k8s.io/v1/namespaces/${shops}/events`)
    expect(events['items']).toContainEqual(
      expect.objectContaining({ reason: 'SuspensionAsked', note: `${name} suspended shop` }),
    )
    expect(on.lines.join('\n')).toContain(`"by":"${name}","reason":"SuspensionAsked"`)
    await editor.post(actionPath('suspend'), { suspend: false })
    expect(await suspended()).toBe(false)
  })

  it('gets nowhere in another namespace', async () => {
    const editor = await as('editor')
    await editor.streamed(hasShop)
    const missing = `Your user may not get orderpipelines in namespace ${others}.`
    for (const kind of ['history', 'dead-letters', 'actions', 'replays', 'letters'])
      expect(JSON.parse((await editor.get(`/api/${kind}/${others}/shop`)).body), kind).toEqual({ message: missing })
    expect(await editor.post(actionPath('suspend', others), { suspend: true })).toMatchObject({ status: 403 })
    expect(await editor.get('/api/history/kube-system/shop')).toMatchObject({ status: 403 })
    expect(await suspended(others)).toBe(false)
  })
})

describe('what another page sends', () => {
  it('gets nowhere: with the cookie alone, from another origin, or as a form', async () => {
    const editor = await as('editor')
    await editor.streamed(hasShop)
    const { cookie = '' } = editor.headers
    const origin = `http://127.0.0.1:${server.port}`
    const json = { 'content-type': 'application/json' }
    const posted = async (headers: Record<string, string>) =>
      (await editor.post(actionPath('suspend'), { suspend: true }, headers)).status
    expect(await posted({ ...json, origin, cookie })).toBe(401)
    expect(await posted({ ...json, origin, cookie, 'x-console-key': 'a guess' })).toBe(401)
    expect(await posted({ ...json, ...editor.headers, origin: 'https://evil.example' })).toBe(403)
    expect(await posted({ ...json, ...editor.headers, origin: 'http://127.0.0.1:1' })).toBe(403)
    expect(await posted({ ...json, ...editor.headers, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await posted({ ...editor.headers, origin, 'content-type': 'text/plain' })).toBe(415)
    expect(await editor.get(`/api/history/${shops}/shop`, { cookie })).toMatchObject({ status: 401 })
    const signIn = { token: tokens['stranger'] ?? '' }
    expect(await editor.post('/api/session', signIn, { ...json, origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    })
    expect(await editor.post('/api/session', signIn, json)).toMatchObject({ status: 403 })
    expect(await suspended()).toBe(false)
  })

  it('cannot frame the page, and the cookie is read by no script and sent by no other site', async () => {
    const visitor = await browserAt(server.port)
    const page = await visitor.get('/')
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.headers).toMatchObject({ 'x-frame-options': 'DENY' })
    const answer = await visitor.post('/api/session', { token: tokens['viewer'] ?? '' })
    expect(answer.headers['set-cookie']?.[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(answer.body).not.toContain(tokens['viewer'])
  })
})

describe('a session', () => {
  it('ends where it is signed out, its stream with it', async () => {
    const viewer = await as('viewer')
    const stream = viewer.streamed((_text, ended) => ended)
    expect(JSON.parse((await viewer.get('/api/session')).body)).toMatchObject({ signsIn: true, signsOut: true })
    expect(await viewer.post('/api/session/end', {})).toMatchObject({ status: 200 })
    expect(await viewer.get(`/api/history/${shops}/shop`)).toMatchObject({ status: 401 })
    await stream
  })

  it('ends with its ServiceAccount: the token gets nowhere, not even again', async () => {
    tokens['leaver'] = await on.makePerson(shops, 'leaver', editing)
    const leaver = await as('leaver')
    const stream = leaver.streamed((_text, ended) => ended)
    expect(await leaver.get(`/api/history/${shops}/shop`)).toMatchObject({ status: 200 })
    await on.must('DELETE', `${on.core(shops)}/serviceaccounts/leaver`)
    await stream
    await expect
      .poll(async () => (await leaver.get(`/api/history/${shops}/shop`)).status, { timeout: 60_000 })
      .toBe(401)
    expect(await leaver.post(actionPath('suspend'), { suspend: true })).toMatchObject({ status: 401 })
    await expect(as('leaver')).rejects.toThrow('sign in: 401')
    expect(await suspended()).toBe(false)
  })
})

describe('behind a proxy that passes tokens', () => {
  it('persons are known by that header alone, and act with a header that only the page sends', async () => {
    const behind = await start([shops], tokens['console'] ?? '', {
      ALLOW_WRITES: 'true',
      TOKEN_HEADER: 'Authorization',
    })
    const browser = await browserAt(behind.port)
    const authorization = `Bearer ${tokens['editor']}`
    await browser.streamed(hasShop, { authorization })
    expect(JSON.parse((await browser.get('/api/session', { authorization })).body)).toEqual({
      ...{ signsIn: true, signsOut: false, by: `system:serviceaccount:${shops}:editor` },
    })
    expect(await browser.get(`/api/history/${shops}/shop`, { authorization: 'Bearer no' })).toMatchObject({
      status: 401,
    })
    const origin = `http://127.0.0.1:${behind.port}`
    const headers = { authorization, origin, 'content-type': 'application/json' }
    const body = { suspend: true, dryRun: true }
    expect(await browser.post(actionPath('suspend'), body, headers)).toMatchObject({ status: 401 })
    const ofPage = { ...headers, 'x-console-key': 'page' }
    expect(await browser.post(actionPath('suspend'), body, ofPage)).toMatchObject({ status: 200 })
  })
})

describe('a console that only reads', () => {
  it('refuses every action, and says that to who has the right', async () => {
    const reading = await start([shops], tokens['console'] ?? '')
    const editor = await as('editor', reading)
    expect(stateIn(await editor.streamed(hasShop))).toMatchObject({ writes: false })
    expect(await editor.post(actionPath('suspend'), { suspend: true })).toMatchObject({ status: 405 })
    const { refused } = JSON.parse((await editor.get(`/api/actions/${shops}/shop`)).body) as Rights
    expect(refused.suspend).toContain('console.allowWrites')
    expect(refused.payloads).toBeUndefined()
  })
})

describe('the message of a dead letter', () => {
  const customer = `customer-${randomBytes(4).toString('hex')}`
  beforeAll(async () => {
    const address = { brokers: kafkaBootstrap().split(','), clientId: 'console-test' }
    const topic = 'shop.payment.dead-letters'
    await createTopics(address, [{ topic, partitions: 1 }], silentLogger())
    const producer = createProducer(address, silentLogger())
    const at = new Date().toISOString()
    const fields = {
      reason: customer,
      error: 'E',
      verdict: 'retry',
      message: 'the provider answered 503',
      topic: 'shop.inventory.updated',
    }
    const place = { partition: '0', offset: '7', timestamp: String(Date.now()), attempts: '5', at }
    const headers = Object.entries({ ...fields, ...place }).map(
      ([name, value]) => [`dead-letter-${name}`, value] as const,
    )
    await producer.send([
      { topic, key: customer, value: JSON.stringify({ customer }), headers: Object.fromEntries(headers) },
    ])
    await producer.close()
  })
  const details = async (name: string) => {
    const person = await as(name)
    await person.streamed(hasShop)
    const answer = await person.get(`/api/letters/${shops}/shop?stage=payment&reason=${customer}`)
    expect(answer.status, answer.body).toBe(200)
    return JSON.parse(answer.body) as DeadLetterDetails
  }

  it('is masked without the right to payloads, and which right that is is said', async () => {
    const { letters, masked } = await details('viewer')
    expect(masked).toBe(`Your user may not get orderpipelines/payloads in namespace ${shops}.`)
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({ message: 'the provider answered 503', attempts: 5 })
    expect(letters[0]).not.toHaveProperty('payload')
    expect(letters[0]).not.toHaveProperty('key')
  })

  it('is shown with it', async () => {
    const { letters, masked } = await details('editor')
    expect(masked).toBeUndefined()
    expect(letters[0]).toMatchObject({ key: customer, payload: JSON.stringify({ customer }) })
  })
})
