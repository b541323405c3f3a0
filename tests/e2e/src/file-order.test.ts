import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { endToEndOrder, fileOrder } from './file-order.ts'

it('the order of the files names each of them once', () => {
  const files = readdirSync(join(import.meta.dirname, '..', 'test')).map((file) => file.replace(/\.test\.ts$/, ''))
  expect(fileOrder.toSorted()).toEqual(files.toSorted())
})

it('puts the files of the end-to-end tests into this order, and leaves the others before them', () => {
  const paths = [
    '/x/tests/e2e/test/upgrade.test.ts',
    '/x/b.test.ts',
    '/x/tests/e2e/test/crashes.test.ts',
    '/x/a.test.ts',
  ]
  const ordered = endToEndOrder(paths.map((moduleId) => ({ moduleId })))
  expect(ordered.map(({ moduleId }) => moduleId)).toEqual([paths[1], paths[3], paths[2], paths[0]])
})
