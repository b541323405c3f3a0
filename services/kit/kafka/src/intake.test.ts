// Is a message that needs care alone in hand, and is nobody kept waiting by it for ever?
import type { EachBatchPayload } from 'kafkajs'
import { expect, test } from 'vitest'
import { createCare } from './care.ts'
import { createEpochs } from './epochs.ts'
import { createIntake } from './intake.ts'
import { createWindow } from './window.ts'

const later = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms))

/** Partition 0 needs care, partition 1 does not. What is taken in hand ends when the test says so. */
function bench(aloneForMs?: number) {
  const log: string[] = []
  /** What is in hand, by name. */
  const ends = new Map<string, () => void>()
  const beside: string[][] = []
  const window = createWindow(10)
  const settled = () => Promise.resolve()
  const epochs = createEpochs({ everyMs: 60_000, settle: settled, commit: settled, onError: () => undefined })
  epochs.begin({ t: [0, 1] })
  const take = createIntake({
    window,
    epochs,
    custody: {
      care: createCare([{ topic: 't', partition: 0, deaths: 2, alone: '1', tries: 2 }]),
      take: () => undefined,
      release: settled,
      alone: ({ offset }, tries) => {
        log.push(`mark ${offset}, ${tries}`)
        return Promise.resolve()
      },
      ended: () => undefined,
      clear: ({ partition }) => {
        log.push(`clear ${partition}`)
        return Promise.resolve()
      },
      close: settled,
    },
    hold: undefined,
    draining: new AbortController().signal,
    accept: ({ partition, offset }, _epoch, failure) => {
      const name = `${partition}@${offset}`
      log.push(failure ? `set aside ${name}` : `take ${name}`)
      window.take()
      const inHand = { over: false }
      ends.set(name, () => {
        inHand.over = true
        window.release()
      })
      beside.push([...ends.keys()])
      return inHand
    },
    ...(aloneForMs === undefined ? {} : { aloneForMs }),
  })
  /** As kafkajs hands a batch over. */
  const batch = (partition: number, offsets: readonly number[]) => {
    const messages = offsets.map((offset) => ({ offset: String(offset), key: null, value: null, timestamp: '0' }))
    const payload: Partial<EachBatchPayload> = {
      batch: { topic: 't', partition, highWatermark: '3', messages } as unknown as EachBatchPayload['batch'],
      isRunning: () => true,
      heartbeat: settled,
      resolveOffset: () => undefined,
    }
    return take(payload as EachBatchPayload)
  }
  const endFirst = (): void => {
    const [first] = ends
    if (!first) return
    ends.delete(first[0])
    first[1]()
  }
  return { log, batch, beside, endFirst }
}

test('messages under suspicion are in hand one by one, with no others beside them, and the one that is found is not handled', async () => {
  const { log, batch, beside, endFirst } = bench()
  let over = false
  const batches = [batch(1, [7, 8]), batch(0, [0, 1, 2]), batch(1, [9])]
  void Promise.all(batches).finally(() => (over = true))
  for (; !over; await later()) endFirst()
  const suspected = ['mark 0, 1', 'take 0@0', 'set aside 0@1', 'mark 2, 1', 'take 0@2', 'clear 0']
  expect(log.filter((line) => !line.includes('1@'))).toEqual(suspected)
  expect(log.filter((line) => line.includes('1@')).sort()).toEqual(['take 1@7', 'take 1@8', 'take 1@9'])
  expect(beside.map((names) => names.join(' + ')).filter((names) => /0@/.test(names) && /\+/.test(names))).toEqual([])
})

test('one that does not end is waited for no more after its time, and the time is not held against it', async () => {
  const { log, batch } = bench(0)
  await batch(0, [0, 2])
  expect(log).toEqual(['mark 0, 1', 'take 0@0', 'mark 0, 0', 'mark 2, 1', 'take 0@2', 'mark 2, 0'])
  await batch(1, [7])
  expect(log.at(-1)).toBe('take 1@7')
})
