import { expect, test } from 'vitest'
import { createDependencies } from './dependencies.ts'
import type { Dependency } from './dependencies.ts'

function silent() {
  return new Promise<never>(() => undefined)
}
function options(dependencies: readonly Dependency[], monotonicMs = () => 0) {
  return {
    ...{ dependencies, monotonicMs },
    ...{ timeoutMs: 20, freshMs: 1_000 },
  }
}

test('reports a dependency that answers as up, and any other as down', async () => {
  const states = await createDependencies(
    options([
      { name: 'database', required: true, ask: () => Promise.resolve([]) },
      { name: 'kafka', required: false, ask: () => Promise.reject(new Error('refused')) },
      { name: 'redis', required: false, ask: silent },
      {
        name: 'replica',
        required: false,
        ask: () => {
          throw new Error('closed')
        },
      },
    ]),
  ).read()
  expect(states.map(({ name, status }) => [name, status])).toEqual([
    ['database', 'up'],
    ['kafka', 'down'],
    ['redis', 'down'],
    ['replica', 'down'],
  ])
})

test('checks a dependency once for all callers while its state is fresh', async () => {
  let [now, asked] = [0, 0]
  const ask = () => Promise.resolve(asked++)
  const health = createDependencies(options([{ name: 'database', required: true, ask }], () => now))
  await Promise.all(Array.from({ length: 50 }, () => health.read()))
  now = 999
  await health.read()
  expect(asked).toBe(1)
  now = 1_000
  await health.read()
  expect(asked).toBe(2)
})
