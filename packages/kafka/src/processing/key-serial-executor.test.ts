// Does work of one key stay in order, while other work runs in parallel?
import { expect, test } from 'vitest'
import { createKeySerialExecutor } from './key-serial-executor.ts'

function turn() {
  return new Promise((resolve) => setImmediate(resolve))
}

function workbench() {
  const startedWork: string[] = []
  const gates = new Map<string, () => void>()
  const work = (name: string) => async () => {
    startedWork.push(name)
    await new Promise<void>((resolve) => gates.set(name, resolve))
  }
  const finish = async (name: string) => {
    gates.get(name)?.()
    await turn()
  }
  return { startedWork, work, finish }
}

test('runs messages of one key in order while other keys go on', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(10)
  for (const [key, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
  ] as const)
    executor.add(key, work(name))
  expect(startedWork).toEqual(['a1', 'b1'])
  await finish('b1')
  expect(startedWork).toEqual(['a1', 'b1'])
  await finish('a1')
  expect(startedWork).toEqual(['a1', 'b1', 'a2'])
})

test('bounds concurrency and grants slots in the order of requests', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(2)
  for (const name of ['a', 'b', 'c', 'd']) executor.add(name, work(name))
  expect(startedWork).toEqual(['a', 'b'])
  expect(executor.running).toBe(2)
  await finish('b')
  expect(startedWork).toEqual(['a', 'b', 'c'])
  await finish('a')
  await finish('c')
  await finish('d')
  expect(executor.running).toBe(0)
})

test('reuses a key whose queue is empty', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(1)
  executor.add('a', work('a1'))
  await finish('a1')
  executor.add('a', work('a2'))
  expect(startedWork).toEqual(['a1', 'a2'])
})

test('lends the slot of waiting work and returns it before new work starts', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(1)
  const waiting = Promise.withResolvers<void>()
  executor.add('a', async (place) => {
    startedWork.push('a1')
    await place.releaseWhile(waiting.promise)
    startedWork.push('a1 again')
  })
  executor.add('a', work('a2'))
  executor.add('b', work('b1'))
  executor.add('c', work('c1'))
  await turn()
  expect([startedWork, executor.running]).toEqual([['a1', 'b1'], 1])
  waiting.resolve()
  await turn()
  expect(startedWork).toEqual(['a1', 'b1'])
  await finish('b1')
  expect(startedWork).toEqual(['a1', 'b1', 'a1 again', 'c1'])
  await finish('c1')
  expect(startedWork.at(-1)).toBe('a2')
  await finish('a2')
  expect(executor.running).toBe(0)
})

test('returns the slot to work whose wait fails', async () => {
  const executor = createKeySerialExecutor(1)
  const runningCount = Promise.withResolvers<number>()
  executor.add('a', async (place) => {
    await place.releaseWhile(Promise.reject(new Error('stopped'))).catch(() => runningCount.resolve(executor.running))
  })
  expect(await runningCount.promise).toBe(1)
})

test('work that is dropped never begins, what runs goes on, and its key is free again', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(2)
  const dropped: string[] = []
  const add = (key: string, name: string) => executor.add(key, work(name), { onDrop: () => dropped.push(name) })
  for (const [key, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
    ['c', 'c1'],
    ['c', 'c2'],
  ] as const)
    add(key, name)
  executor.dropWaiting()
  expect([startedWork, dropped.sort()]).toEqual([
    ['a1', 'b1'],
    ['a2', 'c1', 'c2'],
  ])
  for (const [key, name] of [
    ['a', 'a3'],
    ['c', 'c3'],
    ['d', 'd1'],
  ] as const)
    add(key, name)
  await finish('b1')
  // The key that waited is free, and the one that runs still keeps its order.
  expect(startedWork).toEqual(['a1', 'b1', 'c3'])
  await finish('a1')
  await finish('c3')
  expect(startedWork.slice(3).sort()).toEqual(['a3', 'd1'])
  await finish('a3')
  await finish('d1')
  expect([executor.running, dropped.length]).toEqual([0, 3])
})

test('work that waits for its next try is not dropped, and gets a place again', async () => {
  const { startedWork, work, finish } = workbench()
  const executor = createKeySerialExecutor(1)
  const waiting = Promise.withResolvers<void>()
  executor.add('a', async (place) => {
    await place.releaseWhile(waiting.promise)
    startedWork.push('a again')
  })
  executor.add('b', work('b'))
  executor.add('c', work('c'))
  await turn()
  executor.dropWaiting()
  waiting.resolve()
  await finish('b')
  await turn()
  expect([startedWork, executor.running]).toEqual([['b', 'a again'], 0])
})
