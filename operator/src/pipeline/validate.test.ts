import { expect, it } from 'vitest'
import { lagThreshold } from './desired/autoscalers.ts'
import { pipeline, stage } from './testing.ts'
import { validate } from './validate.ts'

function database(maxConnections: number) {
  return { secretName: 'db', key: 'url', maxConnections }
}

it('a valid pipeline has no problem', () => {
  expect(validate(pipeline().spec)).toEqual([])
})

it('a stage with the name of the second Deployment of another one is refused', () => {
  const clash = pipeline({ stages: [stage(), stage({ name: 'payment-green' }), stage({ name: 'orders-green' })] })
  expect(validate(clash.spec)).toMatchObject([{ path: 'spec.stages[payment-green].name', reason: 'NameTaken' }])
})

it('too few connections are refused with what to do: two per replica of a stage, three of a gateway', () => {
  expect(validate(pipeline({ database: database(199) }).spec)).toEqual([
    {
      path: 'spec.database.maxConnections',
      reason: 'ConnectionBudgetExceeded',
      message:
        '199 connections cannot give each of up to 100 replicas of stages 2: raise it to 300, lower maxReplicas, or use a connection pooler in transaction mode',
    },
  ])
  expect(validate(pipeline({ database: database(200) }).spec)).toEqual([])
  const gateway = { scaling: { minReplicas: 1, maxReplicas: 10, cpuPercent: 70 } }
  const [problem] = validate(pipeline({ database: database(229), gateway }).spec)
  expect(problem?.message).toContain('and each of up to 10 of the gateway 3: raise it to 348')
})

it('the lag per replica follows from drainSeconds', () => {
  const draining = (drainSeconds: number, concurrency: number, workSeconds: number) =>
    lagThreshold(stage({ concurrency, workSeconds, scaling: { minReplicas: 1, maxReplicas: 2, drainSeconds } }))
  expect(draining(15, 10, 0.02)).toBe(7500)
  expect(draining(60, 20, 0.01)).toBe(120_000)
  expect(draining(2, 1, 3)).toBe(0)
})

it('a drain time shorter than one message is refused, with the name of the stage', () => {
  const impossible = stage({
    workSeconds: 30,
    concurrency: 1,
    scaling: { minReplicas: 1, maxReplicas: 2, drainSeconds: 5 },
  })
  expect(validate(pipeline({ stages: [impossible] }).spec)).toMatchObject([
    { path: 'spec.stages[payment].scaling.drainSeconds', reason: 'DrainTooShort' },
  ])
})

it('a request above its limit is refused', () => {
  const greedy = stage({
    resources: { requests: { memory: '1Gi', cpu: 1 }, limits: { memory: '512Mi', cpu: '1000m' } },
  })
  expect(validate(pipeline({ stages: [greedy] }).spec)).toEqual([
    {
      path: 'spec.stages[payment].resources.requests.memory',
      reason: 'ResourcesInvalid',
      message: 'the request 1Gi is above the limit 512Mi',
    },
  ])
})

it('an orders stage that has orders held needs the topic by which their release reaches the payment', () => {
  const orders = stage({ name: 'orders', consumes: [{ topic: 'orders.placed' }, { topic: 'orders.holds' }] })
  const topics = [{ name: 'orders.placed' }, { name: 'orders.holds' }]
  expect(validate(pipeline({ topics, stages: [orders] }).spec)).toMatchObject([
    { path: 'spec.topics', reason: 'TopicMissing', message: expect.stringContaining('payment.cleared') as string },
  ])
  const complete = [...topics, { name: 'payment.cleared' }]
  expect(validate(pipeline({ topics: complete, stages: [orders] }).spec)).toEqual([])
  const own = { ...orders, image: 'example/orders:1' }
  expect(validate(pipeline({ topics, stages: [own] }).spec)).toEqual([])
})
