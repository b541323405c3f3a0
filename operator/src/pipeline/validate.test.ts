import { expect, it } from 'vitest'
import { lagThreshold } from './autoscalers.ts'
import { poolSize } from './budget.ts'
import { pipeline, stage } from './testing.ts'
import { validate } from './validate.ts'

const database = (maxConnections: number) => ({ secretName: 'db', key: 'url', maxConnections })

it('finds nothing wrong with a pipeline that makes sense', () => {
  expect(validate(pipeline().spec)).toEqual([])
})

it('shares the connections among every replica there can be', () => {
  expect(poolSize(pipeline({ database: database(450) }).spec)).toBe(4)
  expect(poolSize(pipeline({ database: database(5000) }).spec)).toBe(10)
  expect(poolSize(pipeline({ database: { secretName: 'db', key: 'url' } }).spec)).toBe(2)
})

it('says what to do when the connections do not give every replica one', () => {
  expect(validate(pipeline({ database: database(99) }).spec)).toEqual([
    {
      path: 'spec.database.maxConnections',
      reason: 'ConnectionBudgetExceeded',
      message:
        '99 connections cannot give each of up to 100 replicas one: raise it to 100, lower maxReplicas, or put a pooler in transaction mode before the database',
    },
  ])
})

it('derives the lag a replica carries from the time it has to drain it', () => {
  const draining = (drainSeconds: number, concurrency: number, workSeconds: number) =>
    lagThreshold(stage({ concurrency, workSeconds, scaling: { minReplicas: 1, maxReplicas: 2, drainSeconds } }))
  expect(draining(15, 10, 0.02)).toBe(7500)
  expect(draining(60, 20, 0.01)).toBe(120_000)
  expect(draining(2, 1, 3)).toBe(0)
})

it('reports a drain time shorter than one message, by the name of the stage', () => {
  const impossible = stage({
    workSeconds: 30,
    concurrency: 1,
    scaling: { minReplicas: 1, maxReplicas: 2, drainSeconds: 5 },
  })
  expect(validate(pipeline({ stages: [impossible] }).spec)).toMatchObject([
    { path: 'spec.stages[payment].scaling.drainSeconds', reason: 'DrainTooShort' },
  ])
})

it('reports a request above its limit', () => {
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
