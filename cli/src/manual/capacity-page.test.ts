// Are the worked examples of the pages what the command prints, and are their figures those that
// the command calculates with?
import { readFileSync } from 'node:fs'
import { capacityFigures } from '@orderpipeline/operator/pipeline'
import { expect, it } from 'vitest'
import { capacityPages, examplesIn, presentPage } from './capacity-page.ts'

const [readme = '', page = ''] = capacityPages.map((path) => readFileSync(path, 'utf8'))

it('shows on its page and in the README what the command prints; otherwise run npm run generate', async () => {
  expect([examplesIn(readme).length, examplesIn(page).length]).toEqual([1, 2])
  expect(await presentPage(page)).toBe(page)
  expect(await presentPage(readme)).toBe(readme)
})

it('has every figure on the page, with its source', () => {
  for (const [name, { source }] of Object.entries(capacityFigures)) {
    expect(page).toContain(`| \`${name}\` |`)
    expect(page).toContain(source)
  }
})

it('replaces an example that is no longer right', async () => {
  const wrong = page.replaceAll('the database gives out first.', 'nothing gives out.')
  expect(wrong).not.toBe(page)
  expect(await presentPage(wrong)).toBe(page)
})
