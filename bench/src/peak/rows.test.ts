import { expect, it } from 'vitest'
import { peakRows } from './rows.ts'
import type { Sample } from './samples.ts'
import { sampled } from './samples.ts'
import type { PeakShop } from './samples.ts'

/** As in a run of 10,000 orders a minute on two cores, whose payment went to its maximum. */
function sample(seconds: number, busy: number, payment: number, lag: number | undefined, mebibytes: number): Sample {
  const stages = [
    { name: 'orders', wanted: 10, lag: 12 },
    { name: 'payment', wanted: payment, lag },
  ]
  const memory = new Map([
    ['orders', [mebibytes, mebibytes + 10]],
    ['payment', seconds < 20 ? [90] : [90, 92]],
  ])
  return { seconds, busy, memory, connections: 60 + payment / 2, gateway: seconds < 30 ? 5 : 7, stages }
}

const times = { p50: 18.4, p95: 82.1, p99: 130 }
const outcome = {
  traffic: { accepted: 39_622, notSent: 3, errors: { timeout: 2 }, refused: { 503: 4 }, acceptMs: times },
  audit: { lost: 0, unfinished: 1, chargedTwice: 2, cancelled: 780 },
  shippedMs: { p50: 2_306, p95: 3_332, p99: 4_000 },
  samples: [
    sample(10, 0.8, 5, undefined, 70),
    sample(20, 0.9, 40, 18_000, 72),
    sample(30, 1, 100, 26_607, 74),
    sample(40, 1, 100, 9_000, 76),
  ],
  unanswered: 0,
}

function measured(of: typeof outcome, figure: string): unknown {
  return peakRows(of).find((row) => row['figure'] === figure)?.['measured']
}

it('adds up what was refused, failed and not sent, and what the books do not have right', () => {
  expect(measured(outcome, 'refused, failed or not sent')).toBe(9)
  expect(measured(outcome, 'lost, in progress, charged twice')).toBe(3)
  expect(measured(outcome, 'time to accept, p50 / p95 / p99')).toBe('18 / 82 / 130 ms')
})

it('compares the last quarter with the first', () => {
  expect(measured(outcome, 'processors busy, first and last quarter')).toBe('80 %, then 100 %')
  expect(measured(outcome, 'connections to PostgreSQL, most in each quarter')).toBe('62.5, then 110')
  expect(measured(outcome, 'memory of a replica of orders, first and last quarter')).toBe('75 MiB, then 81 MiB')
  expect(measured(outcome, 'gateway: most replicas wanted')).toBe(7)
  expect(measured(outcome, 'payment: most replicas wanted; lag, median and most')).toBe('100; 18000, 26607')
})

it('says how often a machine at its limit did not answer', () => {
  expect(measured(outcome, 'samples without an answer')).toBeUndefined()
  expect(measured({ ...outcome, unanswered: 2 }, 'samples without an answer')).toBe(2)
})

it('goes on sampling after a look that was not answered', async () => {
  const over = new AbortController()
  const answers = [() => Promise.reject(new Error('connection timeout')), () => Promise.resolve(110)]
  const shop = {
    ledger: {
      connections: () => {
        const answer = answers.shift()
        if (answer) return answer()
        over.abort()
        return Promise.resolve(111)
      },
    },
    cluster: { pipeline: () => Promise.resolve({ status: { stages: [] } }) },
  } as unknown as PeakShop
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const { samples, unanswered } = await sampled(shop, { signal: over.signal, forSeconds: 1, everyMs: 5, say })
  expect(samples.map(({ connections }) => connections)).toEqual([110, 111])
  expect(unanswered).toBe(1)
  expect(lines).toEqual([expect.stringContaining('no sample: connection timeout')])
  expect(samples.every(({ busy }) => busy >= 0 && busy <= 1)).toBe(true)
})
