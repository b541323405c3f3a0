import { describe, expect, it, vi } from 'vitest'
import type { ChildObject } from '../api/index.ts'
import { desired } from '../pipeline/index.ts'
import { pipeline, settings, stage } from '../pipeline/testing.ts'
import { flowScaler } from './flow-scaler.ts'

const scaling = { policy: 'Flow', minReplicas: 0, maxReplicas: 20, drainSeconds: 15 } as const
const flowPipeline = pipeline({
  topics: [{ name: 'in' }],
  stages: [stage({ consumes: [{ topic: 'in' }], concurrency: 1, workSeconds: 0.1, scaling })],
})
const deadLetters = vi.fn(() => Promise.resolve(new Map([['shop.payment.dead-letters', 2]])))

/** A scaler that polls a Kafka with one partition, and a stage with these replicas. */
async function polling(replicas: number, leads: boolean) {
  const kafka = { high: 0, reads: 0 }
  const [started, updated, read]: [string[], string[], string[]] = [[], [], []]
  const children = desired(flowPipeline, [], settings).map((child): ChildObject =>
    child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas } } : child,
  )
  const scaler = await flowScaler({
    ...{ port: 0, intervalMs: 20, deadLettersMs: 60_000, serviceDomain: 'svc', leads: () => leads },
    ...{ now: () => performance.now(), wall: () => Date.now(), random: () => 0.5, failed: () => undefined },
    observe: () => ({ pipeline: flowPipeline, children }),
    readerFor: () => ({
      read: (queries) => {
        kafka.reads += 1
        const partition = { topic: 'shop.in', low: 0, high: kafka.high, committed: 0 }
        return Promise.resolve(new Map(queries.map(({ group }) => [group, [partition]])))
      },
      openDeadLetters: deadLetters,
      close: () => Promise.resolve(),
    }),
    updated: (key) => updated.push(key),
    read: (key, offsets) => read.push(`${key} ${[...offsets.values()].flat().length}`),
    start: (first) => started.push(`${first.pipeline} ${first.deployment.metadata.name} ${first.replicas}`),
  })
  scaler.know(flowPipeline)
  const stopping = new AbortController()
  const run = scaler.run(stopping.signal)
  return {
    ...{ scaler, kafka, started, updated, read },
    readAgain: async () => {
      const before = kafka.reads
      await vi.waitFor(() => expect(kafka.reads, 'reads').toBeGreaterThan(before + 1), 10_000)
    },
    stop: async () => {
      stopping.abort()
      await run
    },
  }
}

describe('the reads for stages on flow', () => {
  it('start the first replica of a stage at none when a message waits, not before, and the status has it', async () => {
    const { scaler, kafka, started, updated, read, readAgain, stop } = await polling(0, true)
    try {
      await readAgain()
      // The freshness of the stages is measured from the same reads.
      expect(read).toContain('default/shop 1')
      expect(started).toEqual([])
      kafka.high = 1
      await vi.waitFor(() => expect(started[0]).toBe('default/shop shop-payment 1'), 10_000)
      expect(new Set(updated)).toEqual(new Set(['default/shop']))
      expect(scaler.figuresOf('default/shop')?.get('payment')).toMatchObject({
        ...{ lag: 1, deadLetters: 2 },
        lastScaling: { from: 0, to: 1, reason: 'Unmeasured' },
      })
    } finally {
      await stop()
    }
  })

  it('start nothing, and count no dead letters, in a replica of the operator that does not lead', async () => {
    deadLetters.mockClear()
    const { scaler, kafka, started, readAgain, stop } = await polling(0, false)
    try {
      kafka.high = 1
      await readAgain()
      await readAgain()
      expect(started).toEqual([])
      expect(deadLetters).not.toHaveBeenCalled()
      expect(scaler.figuresOf('default/shop')?.get('payment')).toMatchObject({ lag: 1 })
    } finally {
      await stop()
    }
  })

  it('start nothing where there is a replica', async () => {
    const { kafka, started, readAgain, stop } = await polling(1, true)
    try {
      kafka.high = 5
      await readAgain()
      await readAgain()
      expect(started).toEqual([])
    } finally {
      await stop()
    }
  })
})
