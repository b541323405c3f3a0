// Does a member whose fetch waits at the broker do at once what cannot wait for the next message?
// On a real Kafka, with fetches that wait for longer than anything here may take.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import Connection from 'kafkajs/src/network/connection.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { withDeadline } from '@orderpipeline/retry'
import { eventually } from '@orderpipeline/retry/testing'
import { silentLogger } from '@orderpipeline/process'
import { createClient } from '../src/client/client.ts'
import { createProducer, createTopics } from '../src/index.ts'
import type { Producer } from '../src/index.ts'
import { startMembership } from '../src/consumer/membership.ts'
import type { Membership } from '../src/consumer/membership.ts'
import { methodOf } from '../src/client/method-of.ts'
import { fetchWait } from '../src/client/waiting-fetches.ts'

const deadlineMs = 45_000
const usualMs = fetchWait.longestMs
fetchWait.longestMs = 150_000
vi.setConfig({ testTimeout: 4 * deadlineMs })

const prefix = `waiting-${randomBytes(4).toString('hex')}.`
const logger = silentLogger()
const address = { brokers: [] as string[], clientId: 'test' }
let producer: Producer
const members: Membership[] = []
beforeAll(async () => {
  address.brokers.push(kafkaBootstrap())
  producer = createProducer(address, logger)
  const topics = ['leaves', 'joins', 'rebalances', 'resumes', 'half'].map((name) => ({
    topic: prefix + name,
    partitions: 2,
  }))
  await createTopics(address, topics, logger)
})
afterAll(async () => {
  fetchWait.longestMs = usualMs
  await Promise.all(members.map((member) => member.close()))
  await producer.close()
})

interface Seen {
  readonly member: Membership
  readonly assignments: (readonly number[])[]
  readonly messages: string[]
  readonly crashes: Error[]
}

type Work = (payload: EachBatchPayload) => Promise<boolean>

/** A member that notes what it receives; a batch for which `work` returns false is not done. */
function join(name: string, work: Work = () => Promise.resolve(true)): Seen {
  const assignments: (readonly number[])[] = []
  const messages: string[] = []
  const crashes: Error[] = []
  const member = startMembership({
    ...{ address, groupId: prefix + name, topics: [prefix + name], logger },
    onBatch: async (payload) => {
      if (!(await work(payload))) return
      messages.push(...payload.batch.messages.map(({ value }) => String(value)))
      payload.resolveOffset(payload.batch.lastOffset())
    },
    onAssigned: (partitions) => void assignments.push(partitions[prefix + name] ?? []),
    onRevoking: () => Promise.resolve(),
    onCrash: (error) => void crashes.push(error),
    onPassedOver: () => undefined,
    onFetchStart: () => undefined,
    onFetch: () => undefined,
  })
  members.push(member)
  return { member, assignments, messages, crashes }
}

/** Long enough for a fetch to be at the broker; were it not, the test would show less. */
function untilItWaits(): Promise<void> {
  return sleep(1_000)
}
function send(name: string, partition: number, value: string): Promise<void> {
  return producer.send([{ topic: prefix + name, partition, key: value, value: Buffer.from(value), headers: {} }])
}

/** A member that has not announced its leaving stays one until its session has ended. */
async function membersOf(name: string): Promise<readonly string[]> {
  const admin = createClient(address, logger).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([prefix + name])
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  } finally {
    await admin.disconnect()
  }
}

test('leaves its group while a fetch waits', async () => {
  const { member, assignments } = join('leaves')
  await eventually('it has its partitions', () => assignments.length === 1)
  await untilItWaits()
  await withDeadline(deadlineMs, 'leaving', member.close())
  expect(await membersOf('leaves')).toEqual([])
})

/**
 * The first gives up a partition with its next heartbeat, some seconds later. Where the machine
 * stood still until then the second has joined, and another one is needed.
 */
async function aboutToJoin(first: Seen): Promise<Seen> {
  for (;;) {
    const second = join('joins')
    await eventually('the second is about to join', async () => (await membersOf('joins')).length === 2)
    if (second.assignments.length === 0) return second
    await second.member.close()
    await eventually('the first has both partitions again', () => first.assignments.at(-1)?.length === 2)
  }
}

test('one that is closed while it joins its group is no member, then or later', async () => {
  const first = join('joins')
  await eventually('the first has both partitions', () => first.assignments.at(-1)?.length === 2)
  const second = await aboutToJoin(first)
  await withDeadline(deadlineMs, 'closing', second.member.close())
  await eventually(
    'the first has both partitions again',
    () => first.assignments.length > 1 && first.assignments.at(-1)?.length === 2,
  )
  expect(await membersOf('joins')).toHaveLength(1)
  await send('joins', 0, 'zero')
  await send('joins', 1, 'one')
  await eventually('both messages have come', () => first.messages.length === 2)
})

test('rebalances while a fetch waits and receives later messages', async () => {
  const first = join('rebalances')
  await eventually('the first has both partitions', () => first.assignments.at(-1)?.length === 2)
  await untilItWaits()
  const second = join('rebalances')
  await eventually('each has one partition', () =>
    [first, second].every(({ assignments }) => assignments.at(-1)?.length === 1),
  )
  await untilItWaits()
  await send('rebalances', 0, 'zero')
  await send('rebalances', 1, 'one')
  await eventually('both messages have come', () => first.messages.length + second.messages.length === 2)
  expect([...first.messages, ...second.messages].sort()).toEqual(['one', 'zero'])
  expect([...first.crashes, ...second.crashes]).toEqual([])
})

test('fetches a resumed partition while another fetch waits', async () => {
  let resume: (() => void) | undefined
  const { messages, assignments } = join('resumes', (payload) => {
    if (payload.batch.partition !== 0 || resume) return Promise.resolve(true)
    resume = payload.pause()
    return Promise.resolve(false)
  })
  await eventually('it has its partitions', () => assignments.length === 1)
  await send('resumes', 0, 'paused')
  await eventually('the partition is paused', () => resume !== undefined)
  await untilItWaits()
  expect(messages).toEqual([])
  resume?.()
  await eventually('the message has come', () => messages.length === 1)
})

/** Half of the next large piece of a response comes, then `between` runs, and the rest is lost. */
function halveNextResponse(between: () => void): () => void {
  const processData = methodOf(Connection.prototype, 'processData')
  const restore = (): void => void (Connection.prototype.processData = processData)
  Connection.prototype.processData = function (data) {
    if (data.length < 10_000) return processData.call(this, data)
    restore()
    processData.call(this, data.subarray(0, data.length / 2))
    between()
  }
  return restore
}

test('receives a message whose fetch was ended when half of its response was there', async () => {
  let resume: (() => void) | undefined
  const { messages, assignments, crashes } = join('half', (payload) => {
    if (payload.batch.partition !== 0 || resume) return Promise.resolve(true)
    resume = payload.pause()
    return Promise.resolve(false)
  })
  await eventually('it has its partitions', () => assignments.length === 1)
  await send('half', 0, 'small')
  await eventually('the partition of the small message is paused', () => resume !== undefined)
  await untilItWaits()
  let halves = 0
  const restore = halveNextResponse(() => {
    halves++
    resume?.()
  })
  try {
    await send('half', 1, 'large'.repeat(40_000))
    await eventually('both messages have come', () => messages.length === 2)
  } finally {
    restore()
  }
  expect({ halves, crashes, lengths: messages.map(({ length }) => length).sort() }).toEqual({
    ...{ halves: 1, crashes: [], lengths: [200_000, 5] },
  })
})
