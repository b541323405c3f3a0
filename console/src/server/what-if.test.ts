import { CommandError } from '@orderpipeline/client'
import { describe, expect, it } from 'vitest'
import type { WhatIf } from '../model/what-if.ts'
import { shopPipeline } from '../testing/recorded-shop.ts'
import { forecaster } from './what-if.ts'

const query = new URLSearchParams({ rate: '50', stage: 'payment' })
const answer = { present: { orders: 1 } } as unknown as WhatIf

/** A runner whose runs end when the test says so. */
function heldRuns() {
  const ends: { resolve: (value: WhatIf) => void; reject: (error: Error) => void }[] = []
  const ask = forecaster(() => new Promise((resolve, reject) => void ends.push({ resolve, reject })))
  return { ends, ask: () => ask(shopPipeline(), query) }
}
async function running(ends: readonly unknown[], count: number): Promise<void> {
  await expect.poll(() => ends.length).toBe(count)
}

describe('dry runs of a console', () => {
  it('are made one at a time, and the next begins when one has failed', async () => {
    const { ends, ask } = heldRuns()
    const [first, second] = [ask(), ask()]
    await running(ends, 1)
    ends[0]?.reject(new CommandError('spec.stages[payment].workSeconds: found none'))
    expect(await first).toEqual({ status: 422, body: { message: 'spec.stages[payment].workSeconds: found none' } })
    await running(ends, 2)
    ends[1]?.resolve(answer)
    expect(await second).toEqual({ status: 200, body: answer })
  })

  it('are refused beyond four, and made again when those are over', async () => {
    const { ends, ask } = heldRuns()
    const four = [ask(), ask(), ask(), ask()]
    expect(await ask()).toMatchObject({ status: 503 })
    for (let run = 1; run <= four.length; run += 1) {
      await running(ends, run)
      ends[run - 1]?.resolve(answer)
    }
    expect((await Promise.all(four)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const fifth = ask()
    await running(ends, 5)
    ends[4]?.resolve(answer)
    expect(await fifth).toMatchObject({ status: 200 })
  })

  it('need a load within the limits', async () => {
    const ask = forecaster(() => Promise.resolve(answer))
    const answerTo = (text: string) => ask(shopPipeline(), new URLSearchParams(text))
    expect(await answerTo('stage=payment')).toMatchObject({ status: 400 })
    expect(await answerTo('rate=900000')).toEqual({
      status: 400,
      body: { message: 'rate: found "900000"; allowed: a number from 0 to 5000' },
    })
    expect(await answerTo(`trace=${'x'.repeat(3_001)}`)).toEqual({
      status: 400,
      body: { message: 'trace: found 3001 characters; allowed: up to 3000' },
    })
    expect(await answerTo('trace=at,rate')).toMatchObject({ status: 200 })
  })
})
