import { describe, expect, it } from 'vitest'
import { recordingIn } from './recording.ts'

function topLine(at: string, ordersPerSecond: number | undefined, lag: number, ready: number, name = 'shop'): string {
  const stages = [{ name: 'payment', ready, wanted: ready, min: 1, max: 9, lag }]
  const rate = ordersPerSecond === undefined ? {} : { ordersPerSecond }
  return JSON.stringify({
    at,
    pipelines: [
      { name: 'other', stages: [] },
      { name, ...rate, stages },
    ],
  })
}
const day = '2026-01-31T12:00'

describe('a recording', () => {
  it('is what orderpipeline top --json has printed: orders, and lag and replicas over time', () => {
    const lines = [
      topLine(`${day}:00Z`, undefined, 0, 5), // the first look has no rate yet
      topLine(`${day}:10Z`, 20, 100, 5),
      topLine(`${day}:20Z`, 40, 300, 10),
      topLine(`${day}:30Z`, 0, 0, 10),
    ]
    const recording = recordingIn(lines.join('\n'), 'shop')
    expect(recording.trace).toEqual([
      { fromMs: 0, toMs: 10_000, orders: 200 },
      { fromMs: 10_000, toMs: 20_000, orders: 400 },
      { fromMs: 20_000, toMs: 30_000, orders: 0 },
    ])
    expect(recording).toMatchObject({ seconds: 30, gapSeconds: 0 })
    expect(recording.stages).toEqual([
      { name: 'payment', replicaHours: 250 / 3_600, mostReplicas: 10, lagSeconds: 4_000, peakLag: 300 },
    ])
  })

  it('can be CSV, with orders or a rate, and lag and replicas by stage', () => {
    const orders = ['at,orders,payment.lag,payment.replicas', '0s,100,50,5', '# a pause', '10s,0,,6', '20s,30,0,5']
    expect(recordingIn(orders.join('\n'), 'shop')).toMatchObject({
      trace: [{ orders: 100 }, { orders: 0 }, { orders: 30 }],
      stages: [{ name: 'payment', lagSeconds: 500, mostReplicas: 6 }],
    })
    const rates = ['at,rate,payment.replicas', '0,600/min,5', '30,20/s,5'].join('\n')
    expect(recordingIn(rates, 'shop').trace.map(({ orders: count }) => count)).toEqual([300, 600])
  })

  it('has a gap where the recorder did not run', () => {
    const rows = ['at,rate,payment.replicas', '0,10/s,4', '10,10/s,4', '20,10/s,4', '1020,10/s,4'].join('\n')
    const recording = recordingIn(rows, 'shop')
    expect(recording).toMatchObject({ seconds: 1_030, gapSeconds: 900 })
    expect(recording.stages[0]?.replicaHours).toBeCloseTo((4 * 130) / 3_600, 9)
  })

  it.each([
    [
      'of another pipeline',
      [topLine(`${day}:00Z`, 1, 0, 1, 'x'), topLine(`${day}:01Z`, 1, 0, 1, 'x')],
      'found 0 rows of shop',
    ],
    ['of no pipeline', ['{"at": "2026-01-31T12:00:00Z", "orders": 5}'], 'allowed: {"at"'],
    ['that is not JSON', ['{"at": '], 'line 1 is not JSON'],
    ['with an unknown column', ['at,rate,lag', '0,1/s,2'], 'allowed: at, orders or rate, and <stage>.lag'],
    ['with a wrong rate', ['at,rate,x.lag', '0,fast,2', '1,1/s,2'], 'line 2.rate: found "fast"'],
    ['with a missing value', ['at,rate,x.lag', '0,1/s'], 'line 2: found "0,1/s"; allowed: 3 values'],
    ['that goes back in time', ['at,rate,x.lag', '5,1/s,0', '1,1/s,0'], 'row 2.at: found 1000; allowed: later'],
  ])('%s is refused, with the place and what is allowed', (_name, lines, message) => {
    expect(() => recordingIn(lines.join('\n'), 'shop')).toThrow(message)
  })
})
