import { describe, expect, it } from 'vitest'
import type { OrderPipeline } from '../api/index.ts'
import { pipeline, stage } from '../pipeline/testing.ts'
import { lagPoller } from './lag-poller.ts'
import type { GroupQuery } from './lag-reader.ts'

const other = pipeline({ stages: [stage({ name: 'orders' })] }, { name: 'other' })

function polling(
  pipelines: OrderPipeline[],
  countDeadLetters?: (topics: readonly string[]) => Promise<Map<string, number>>,
) {
  const [requests, closedServers, updated, failed]: [GroupQuery[][], string[], string[], string[]] = [[], [], [], []]
  const state = { now: 0, high: 100, committed: 0, broken: false }
  const poller = lagPoller(
    {
      pipelines: () => pipelines,
      readerFor: ({ bootstrapServers }) => ({
        read: (queries) => {
          requests.push([...queries])
          if (state.broken) return Promise.reject(new Error('away'))
          const partition = { topic: 'shop.inventory.updated', low: 0, high: state.high, committed: state.committed }
          return Promise.resolve(new Map(queries.map(({ group }) => [group, [partition]])))
        },
        ...(countDeadLetters ? { openDeadLetters: countDeadLetters } : {}),
        close: () => Promise.resolve(void closedServers.push(bootstrapServers)),
      }),
      now: () => state.now,
      random: () => 1,
      updated: (key) => updated.push(key),
      failed: ({ bootstrapServers }) => failed.push(bootstrapServers),
    },
    { intervalMs: 5000, serviceDomain: 'svc', deadLettersMs: 30_000 },
  )
  return { poller, requests, closedServers, updated, failed, state }
}

describe('the lag of pipelines', () => {
  it('is read once per Kafka cluster, for any number of pipelines', async () => {
    const { poller, requests } = polling([pipeline(), other])
    await poller.poll()
    expect(requests.map((queries) => queries.map(({ group }) => group))).toEqual([
      ['default.shop.payment', 'default.other.orders'],
    ])
  })

  it('is read separately with the credentials of another namespace', async () => {
    const external = { bootstrapServers: 'kafka:9092', sasl: { mechanism: 'SCRAM-SHA-512', secretName: 'k' } } as const
    const [a, b] = ['a', 'b'].map((namespace) => pipeline({ kafka: { external } }, { namespace }))
    const open = { external: { bootstrapServers: 'kafka:9092' } }
    const [c, d] = ['c', 'd'].map((namespace) => pipeline({ kafka: open }, { namespace }))
    const { poller, requests } = polling([a, b, c, d].flatMap((one) => one ?? []))
    await poller.poll()
    expect(requests.map((queries) => queries.map(({ group }) => group))).toEqual([
      ['a.shop.payment'],
      ['b.shop.payment'],
      ['c.shop.payment', 'd.shop.payment'],
    ])
  })

  it('has a rate and a time to drain after the second read, and reports only changes', async () => {
    const { poller, updated, state } = polling([pipeline()])
    await poller.poll()
    Object.assign(state, { now: 5000, committed: 50 })
    await poller.poll()
    expect(poller.figuresOf('default/shop').get('payment')).toMatchObject({
      lag: 50,
      consumedPerSecond: 10,
      secondsToDrain: 5,
    })
    expect(updated).toEqual(['default/shop', 'default/shop'])
  })

  it('causes no reconcile of an idle pipeline after its rate is known', async () => {
    const { poller, updated, state } = polling([pipeline()])
    state.committed = state.high
    for (let ticks = 0; ticks < 3; ticks += 1) {
      await poller.poll()
      state.now += 5000
    }
    updated.length = 0
    for (let ticks = 0; ticks < 20; ticks += 1) {
      await poller.poll()
      state.now += 5000
    }
    expect(updated).toEqual([])
  })

  it('includes the open dead letters, which are counted less often and may stay unknown', async () => {
    const counts: (number | undefined)[] = [3, undefined]
    const requestedTopics: string[][] = []
    const { poller, state } = polling([pipeline()], (topics) => {
      requestedTopics.push([...topics])
      const count = counts.shift()
      return count === undefined
        ? Promise.reject(new Error('not authorized'))
        : Promise.resolve(new Map(topics.map((topic) => [topic, count])))
    })
    for (; state.now < 30_000; state.now += 5000) await poller.poll()
    expect(requestedTopics).toEqual([['shop.payment.dead-letters']])
    expect(poller.figuresOf('default/shop').get('payment')).toMatchObject({ deadLetters: 3 })
    await poller.poll()
    expect(requestedTopics).toHaveLength(2)
    const figures = poller.figuresOf('default/shop').get('payment')
    expect(figures?.deadLetters).toBeUndefined()
    expect(figures?.lag).toBe(100)
  })

  it('is unknown while Kafka is unavailable, and is read with a growing backoff', async () => {
    const { poller, requests, failed, state } = polling([pipeline()])
    await poller.poll()
    state.broken = true
    await poller.poll()
    expect(poller.figuresOf('default/shop').size).toBe(0)
    for (state.now = 1000; state.now < 10_000; state.now += 1000) await poller.poll()
    expect([requests.length, failed.length]).toEqual([2, 1])
    state.now = 10_000
    state.broken = false
    await poller.poll()
    expect(poller.figuresOf('default/shop').get('payment')).toMatchObject({ lag: 100 })
  })

  it('is forgotten with its pipeline, and its connection is closed', async () => {
    const pipelines = [pipeline()]
    const { poller, closedServers } = polling(pipelines)
    await poller.poll()
    pipelines.pop()
    await poller.poll()
    expect(closedServers).toEqual(['shop-kafka-kafka-bootstrap.default.svc:9092'])
    expect(poller.figuresOf('default/shop').size).toBe(0)
  })
})
