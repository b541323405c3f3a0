// Does work of one key stay in order, and the rest go on beside it?
import { expect, test } from 'vitest'
import { createKeySerialExecutor } from './key-serial-executor.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function workbench() {
  const started: string[] = []
  const gates = new Map<string, () => void>()
  const work = (name: string) => async () => {
    started.push(name)
    await new Promise<void>((resolve) => gates.set(name, resolve))
  }
  const finish = async (name: string) => {
    gates.get(name)?.()
    await turn()
  }
  return { started, work, finish }
}

test('work of one key waits for its predecessor while other keys go on', async () => {
  const { started, work, finish } = workbench()
  const lanes = createKeySerialExecutor(10)
  for (const [key, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
  ] as const)
    lanes.add(key, work(name))
  expect(started).toEqual(['a1', 'b1'])
  await finish('b1')
  expect(started).toEqual(['a1', 'b1'])
  await finish('a1')
  expect(started).toEqual(['a1', 'b1', 'a2'])
})

test('no more than the bound is under way, and places are given first come first served', async () => {
  const { started, work, finish } = workbench()
  const lanes = createKeySerialExecutor(2)
  for (const name of ['a', 'b', 'c', 'd']) lanes.add(name, work(name))
  expect(started).toEqual(['a', 'b'])
  expect(lanes.running).toBe(2)
  await finish('b')
  expect(started).toEqual(['a', 'b', 'c'])
  await finish('a')
  await finish('c')
  await finish('d')
  expect(lanes.running).toBe(0)
})

test('a key that is worked off can be used again', async () => {
  const { started, work, finish } = workbench()
  const lanes = createKeySerialExecutor(1)
  lanes.add('a', work('a1'))
  await finish('a1')
  lanes.add('a', work('a2'))
  expect(started).toEqual(['a1', 'a2'])
})

test('work that waits lends its place to other keys, keeps its own key, and has a place again before what has not begun', async () => {
  const { started, work, finish } = workbench()
  const lanes = createKeySerialExecutor(1)
  const waiting = Promise.withResolvers<void>()
  lanes.add('a', async (place) => {
    started.push('a1')
    await place.releaseWhile(waiting.promise)
    started.push('a1 again')
  })
  lanes.add('a', work('a2'))
  lanes.add('b', work('b1'))
  lanes.add('c', work('c1'))
  await turn()
  expect([started, lanes.running]).toEqual([['a1', 'b1'], 1])
  waiting.resolve()
  await turn()
  expect(started).toEqual(['a1', 'b1'])
  await finish('b1')
  expect(started).toEqual(['a1', 'b1', 'a1 again', 'c1'])
  await finish('c1')
  expect(started.at(-1)).toBe('a2')
  await finish('a2')
  expect(lanes.running).toBe(0)
})

test('work whose wait fails has its place back when it hears of it', async () => {
  const lanes = createKeySerialExecutor(1)
  const ended = Promise.withResolvers<number>()
  lanes.add('a', async (place) => {
    await place.releaseWhile(Promise.reject(new Error('stopped'))).catch(() => ended.resolve(lanes.running))
  })
  expect(await ended.promise).toBe(1)
})
