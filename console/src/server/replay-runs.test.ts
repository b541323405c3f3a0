// Does a replay go on, and end, without an open page?
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ReplayRunState } from '../model/actions.ts'
import { recordedActions } from '../testing/recorded-actions.ts'
import { shopPipeline } from '../testing/recorded-shop.ts'
import { ReplayRuns } from './replay-runs.ts'
import type { ReplayOrder } from './replay-runs.ts'

async function order(changes: Partial<ReplayOrder> = {}): Promise<ReplayOrder> {
  const box = await recordedActions().letterBox(shopPipeline())
  const deadLetters = await box.read(['payment'])
  const onEnd = () => Promise.resolve(undefined)
  return {
    ...{ pipeline: 'a/shop', stage: 'payment', reason: 'r', by: 'ada', perSecond: 2_000 },
    letters: deadLetters,
    box,
    ended: onEnd,
    ...changes,
  }
}

async function over(runs: ReplayRuns): Promise<ReplayRunState | undefined> {
  await expect.poll(() => runs.isRunning('a/shop'), { timeout: 20_000 }).toBe(false)
  return runs.of('a/shop')[0]
}

describe('replays', () => {
  it('are limited to one per pipeline, and run for several pipelines at once', async () => {
    const runs = new ReplayRuns()
    runs.start(await order({ perSecond: 1 }))
    await expect(async () => runs.start(await order())).rejects.toThrow('Another replay of this pipeline is going on')
    runs.start(await order({ pipeline: 'a/other' }))
    await runs.close()
    expect(runs.of('a/shop')).toMatchObject([{ state: 'stopped' }])
  })

  it('report their progress when Kafka fails, and close their connections', async () => {
    let closeCount = 0
    let replayCount = 0
    const box = {
      replay: () => (++replayCount > 1 ? Promise.reject(new Error('Kafka is away')) : sleep(5)),
      close: () => Promise.resolve(void (closeCount += 1)),
    }
    const runs = new ReplayRuns()
    runs.start(await order({ box, perSecond: 50, ended: () => Promise.resolve('It is not kept as an Event.') }))
    const run = await over(runs)
    expect(run).toMatchObject({ state: 'failed', done: 5, total: 17 })
    await expect.poll(() => runs.of('a/shop')[0]?.message).toBe('Kafka is away It is not kept as an Event.')
    await expect.poll(() => closeCount).toBe(1)
  })

  it('are forgotten if there are many, the oldest first', async () => {
    const runs = new ReplayRuns()
    for (let count = 0; count < 25; count += 1) {
      runs.start(await order({ letters: [] }))
      await over(runs)
    }
    expect(runs.of('a/shop')).toHaveLength(20)
    expect(runs.stop('a/shop', 'none')).toBeUndefined()
  })
})
