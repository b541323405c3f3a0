import { expect, test } from 'vitest'
import { createBatcher, BatcherClosedError, BatcherFullError } from './batcher.ts'

/** A performer whose batches end only on demand. */
function controlled() {
  const batches: number[][] = []
  const gates: (() => void)[] = []
  const perform = async (batch: readonly number[]): Promise<(string | Error)[]> => {
    batches.push([...batch])
    await new Promise<void>((resolve) => gates.push(resolve))
    return batch.map((item) => (item < 0 ? new Error(`bad ${item}`) : `ok ${item}`))
  }
  return { batches, perform, finishNext: () => gates.shift()?.() }
}
function turn() {
  return new Promise((resolve) => setImmediate(resolve))
}

test('runs the first item at once and gathers later ones into the next batch', async () => {
  const { batches, perform, finishNext } = controlled()
  const batcher = createBatcher({ perform, maxBatch: 10, maxInFlight: 1, maxWaiting: 10 })
  const first = batcher.add(1)
  await turn()
  const others = [batcher.add(2), batcher.add(3), batcher.add(4)]
  await turn()
  expect(batches).toEqual([[1]])
  finishNext()
  expect(await first).toBe('ok 1')
  await turn()
  expect(batches).toEqual([[1], [2, 3, 4]])
  finishNext()
  expect(await Promise.all(others)).toEqual(['ok 2', 'ok 3', 'ok 4'])
})

test('rejects a bad item alone', async () => {
  const { perform, finishNext } = controlled()
  const batcher = createBatcher({ perform, maxBatch: 10, maxInFlight: 1, maxWaiting: 10 })
  const answers = Promise.allSettled([batcher.add(1), batcher.add(-2), batcher.add(3)])
  await turn()
  finishNext()
  expect(
    (await answers).map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason))),
  ).toEqual(['ok 1', 'Error: bad -2', 'ok 3'])
})

test('rejects a failed batch as a whole and runs the next one', async () => {
  let calls = 0
  const batcher = createBatcher<number, number>({
    perform: (batch) => (++calls === 1 ? Promise.reject(new Error('down')) : Promise.resolve(batch)),
    maxBatch: 1,
    maxInFlight: 1,
    maxWaiting: 10,
  })
  const answers = await Promise.allSettled([batcher.add(1), batcher.add(2)])
  expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'fulfilled'])
})

test('bounds the batch size, the running batches and the waiting items', async () => {
  const { batches, perform, finishNext } = controlled()
  const batcher = createBatcher({ perform, maxBatch: 2, maxInFlight: 2, maxWaiting: 5 })
  const answers = [1, 2, 3, 4, 5].map((item) => batcher.add(item))
  await expect(batcher.add(6)).rejects.toBeInstanceOf(BatcherFullError)
  await turn()
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect([batcher.inFlight, batcher.waiting]).toEqual([2, 1])
  finishNext()
  await turn()
  await turn()
  expect(batches).toHaveLength(3)
  finishNext()
  finishNext()
  await Promise.all(answers)
})

test('close() finishes accepted items and accepts no more', async () => {
  const { perform, finishNext } = controlled()
  const batcher = createBatcher({ perform, maxBatch: 1, maxInFlight: 1, maxWaiting: 5 })
  const answers = [batcher.add(1), batcher.add(2)]
  const closing = batcher.close()
  await expect(batcher.add(3)).rejects.toBeInstanceOf(BatcherClosedError)
  await turn()
  finishNext()
  await turn()
  await turn()
  finishNext()
  await closing
  expect(await Promise.all(answers)).toEqual(['ok 1', 'ok 2'])
})
