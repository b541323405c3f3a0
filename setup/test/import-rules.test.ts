// Which imports are refused, and which are not?
import { expect, it } from 'vitest'
import { importProblems } from '../lint/import-rules.ts'
import type { Package } from '../lint/import-rules.ts'

const bare = { dependencies: [], devDependencies: [] }
const packages: readonly Package[] = [
  { ...bare, folder: '.', name: 'root', devDependencies: ['vitest'] },
  { ...bare, folder: 'packages/retry', name: '@shop/retry' },
  { ...bare, folder: 'services/orders', name: '@shop/orders', dependencies: ['@shop/retry'], devDependencies: ['pg'] },
]
function problems(path: string, ...imports: string[]) {
  return importProblems([{ path, imports }], packages)
}

it('a package imports only its dependencies, and its tests also packages for tests', () => {
  expect(problems('services/orders/src/a.ts', './b.ts', '@shop/retry/deep', 'node:fs')).toEqual([])
  expect(problems('services/orders/test/a.test.ts', 'pg', 'vitest')).toEqual([])
  expect(problems('services/orders/src/a.ts', 'pg')).toEqual([
    'services/orders/src/a.ts: found pg; allowed: what services/orders/package.json declares as dependencies',
  ])
  expect(problems('services/orders/test/a.test.ts', 'zod')).toEqual([
    'services/orders/test/a.test.ts: found zod; allowed: what services/orders/package.json declares',
  ])
})

it('a relative import does not leave its package', () => {
  expect(problems('services/orders/test/a.ts', '../../../packages/retry/src/index.ts')).toEqual([
    expect.stringContaining('a relative import of @shop/retry'),
  ])
})

it('a package below the services imports none of them, even when it declares it', () => {
  const declared = packages.map((each) =>
    each.name === '@shop/retry' ? { ...each, dependencies: ['@shop/orders'] } : each,
  )
  const problemsIn = (path: string) => importProblems([{ path, imports: ['@shop/orders'] }], declared)
  expect(problemsIn('packages/retry/src/a.ts')).toEqual([expect.stringContaining('only other packages/')])
  expect(problemsIn('packages/retry/src/a.test.ts')).toEqual([])
})

it('a cycle is refused once, with its path', () => {
  const files = [
    { path: 'services/orders/src/a.ts', imports: ['./b.ts'] },
    { path: 'services/orders/src/b.ts', imports: ['./c.ts'] },
    { path: 'services/orders/src/c.ts', imports: ['./a.ts'] },
    { path: 'services/orders/src/d.ts', imports: ['./a.ts'] },
  ]
  expect(importProblems(files, packages)).toEqual([
    'services/orders/src/a.ts → services/orders/src/b.ts → services/orders/src/c.ts → services/orders/src/a.ts: ' +
      'found a cycle of imports; allowed: imports in one direction',
  ])
})

it('two folders import in one direction; their tests may import both ways', () => {
  const pair = (back: string) => [
    { path: 'services/orders/src/stage/a.ts', imports: ['../sql/b.ts'] },
    { path: back, imports: ['../stage/c.ts'] },
  ]
  expect(importProblems(pair('services/orders/src/sql/b.test.ts'), packages)).toEqual([])
  expect(importProblems(pair('services/orders/src/sql/d.ts'), packages)).toEqual([
    'services/orders/src/stage → services/orders/src/sql → services/orders/src/stage: found folders in a cycle ' +
      '(services/orders/src/stage/a.ts imports ../sql/b.ts; services/orders/src/sql/d.ts imports ../stage/c.ts); ' +
      'allowed: one direction',
  ])
})

it('folders at any depth import in one direction, also around more than two', () => {
  const around = (back: string) => [
    { path: 'services/orders/src/stage/plan/a.ts', imports: ['../live/b.ts', '../../sql/b.ts'] },
    { path: 'services/orders/src/stage/live/c.ts', imports: ['../names/deep/d.ts'] },
    { path: 'services/orders/src/stage/names/e.ts', imports: [back] },
  ]
  expect(importProblems(around('../index.ts'), packages)).toEqual([])
  const room = 'services/orders/src/stage'
  expect(importProblems(around('../plan/f.ts'), packages)).toEqual([
    expect.stringContaining(`${room}/plan → ${room}/live → ${room}/names → ${room}/plan: found folders in a cycle`),
  ])
})
