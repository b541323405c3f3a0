import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { typicalSeconds } from './slowest-first.ts'

it('the list of slowest files contains only existing files', () => {
  const root = join(import.meta.dirname, '..', '..', '..')
  expect(Object.keys(typicalSeconds).filter((file) => !existsSync(join(root, file)))).toEqual([])
})
