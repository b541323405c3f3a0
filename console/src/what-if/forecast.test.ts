// Does the console's "what if" say what the commands say, of a pipeline as it is and as it would
// be?
import { readFileSync } from 'node:fs'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { whatIfInThread } from './what-if-thread.ts'
import { whatIf } from './forecast.ts'

const { spec } = parse(readFileSync(new URL('../../../examples/shop.yaml', import.meta.url), 'utf8')) as OrderPipeline
const shop = { name: 'shop', spec }
const burst = { ordersPerSecond: 0, minutes: 1, burst: 8_000, stage: 'payment' }

describe('a forecast', () => {
  it('drains the burst faster with a larger maximum, and reports the replica-hours', () => {
    const small = whatIf(shop, { ...burst, maxReplicas: 10 })
    expect(small.present.orders).toBe(8_000)
    expect(small.changed?.doneAtSeconds).toBeGreaterThan(small.present.doneAtSeconds ?? Infinity)
    const payment = small.changed?.stages.find(({ name }) => name === 'payment')
    expect(payment).toMatchObject({ mostReplicas: 10, maxReplicas: 10 })
    expect(small.changed?.carries?.ordersPerSecond).toBeLessThan(small.present.carries?.ordersPerSecond ?? 0)
    expect(parse(small.yaml ?? '')).toEqual({
      spec: { stages: [{ name: 'payment', scaling: { minReplicas: 5, maxReplicas: 10 } }] },
    })
  })

  it('has no change if the maximum is the present one, and a bounded number of samples', () => {
    const max = spec.stages.find(({ name }) => name === 'payment')?.scaling.maxReplicas ?? 0
    const same = whatIf(shop, { ...burst, maxReplicas: max })
    expect(same).not.toHaveProperty('changed')
    expect(same).not.toHaveProperty('yaml')
    expect(same.present.samples.length).toBeGreaterThan(10)
    expect(same.present.samples.length).toBeLessThanOrEqual(400)
  })

  it('plays a trace in the place of the rate, and needs what its busiest minute needs', () => {
    const trace = 'at,rate\n0,10/s\n2m,400/s\n4m,10/s\n6m,10/s'
    const { present } = whatIf(shop, { ...burst, burst: 0, trace })
    expect(present.orders).toBe(1_200 + 48_000 + 1_200 + 1_200)
    expect(present.ordersPerSecond).toBe(400)
    const neededReplicas = present.stages.find(({ name }) => name === 'payment')?.neededReplicas
    expect(neededReplicas).toBe(
      whatIf(shop, { ...burst, burst: 0, ordersPerSecond: 400 }).present.stages.find(({ name }) => name === 'payment')
        ?.neededReplicas,
    )
  })

  it.each([
    ['at,rate\n0,fast', /^trace: line 2\.rate: found "fast"; allowed: such as 10000\/min/],
    ['at,rate\n0,1/s\n2h,1/s', /^trace: found 240 minutes; allowed: up to 60/],
    ['at,orders\n0,9000000', /^trace: found 9000000 orders; allowed: up to 6000000/],
  ])('refuses the trace %j with what is allowed', (trace, message) => {
    expect(() => whatIf(shop, { ...burst, trace })).toThrow(message)
  })

  it('gives the same result from a worker thread, and names the stages when it refuses an unknown one', async () => {
    expect(await whatIfInThread(shop, burst)).toEqual(whatIf(shop, burst))
    const stages = spec.stages.map(({ name }) => name)
    await expect(whatIfInThread(shop, { ...burst, stage: 'none' })).rejects.toThrow(
      new RegExp(`^stage: found "none"; allowed: ${stages.join(', ')}$`),
    )
    expect(stages.slice(0, 3)).toEqual(['orders', 'inventory', 'payment'])
  })
})
