// Does a line of progress show how far the orders are, and which faults there are? And are figures
// found in metrics?
import { shopStages } from '@orderpipeline/stage/testing'
import { expect, test } from 'vitest'
import { progressLine } from './report.ts'
import { figureIn, figuresBy } from './samples.ts'
import type { Sample } from './samples.ts'

function sample(elapsedSeconds: number, shipped: number): Sample {
  return {
    ...{ elapsedSeconds, phase: 'storm', database: 'slow 20 ms', provider: 'failing' },
    orders: { open: 2_000, shipped, cancelled: 100 },
    lag: { orders: 5, payment: 70 },
    mails: 12,
    deaths: {},
    processes: [
      {
        ...{ name: 'orders-1', service: 'orders', lasting: true, pid: 1, rss: 101, heapUsed: 40, inHand: 3 },
        ...{ careful: 2, breakerOpen: undefined, providerCalls: {} },
      },
    ],
  }
}

/** As `orders 5 inventory ?`, with every stage of the shop. */
function ofStages(figures: Readonly<Record<string, string>>, unknown: string): string {
  return shopStages.map((stage) => `${stage} ${figures[stage] ?? unknown}`).join(' ')
}

test('progress shows time, orders with their rate, faults, and lag and memory of every stage', () => {
  expect(progressLine(sample(75, 1_900), sample(60, 400), 120)).toBe(
    '1:15, faults for 0:45 more; 2,000 orders ended, 2,000 open (100/s); ' +
      `lag ${ofStages({ orders: '5', payment: '70' }, '?')} mails 12; ` +
      'database slow 20 ms, provider failing, 2 partitions suspect; ' +
      `MiB ${ofStages({ orders: '101' }, '-')}`,
  )
})

test('sums a figure over its labels, and gives none if it is absent', () => {
  const text = '# HELP calls all\n# TYPE calls counter\ncalls{a="x"} 2\ncalls{a="y"} 3\ncalls_more 7\nheld 4\n'
  expect(figuresBy(text, 'calls', 'a')).toEqual({ x: 2, y: 3 })
  expect([figureIn(text, 'calls'), figureIn(text, 'held'), figureIn(text, 'absent')]).toEqual([5, 4, undefined])
})
