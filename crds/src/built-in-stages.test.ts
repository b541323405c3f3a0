// Do the rules and the chart name the built-in stages that there are?
import { readFileSync } from 'node:fs'
import { builtInStageNames } from '@orderpipeline/order-events'
import { expect, it } from 'vitest'
import { listsOfStages, withStages } from './built-in-stages.ts'

function textOf(file: string) {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
}

it.each(Object.keys(listsOfStages))('%s names the built-in stages; otherwise run npm run generate', (file) => {
  expect(withStages(file, textOf(file), builtInStageNames)).toBe(textOf(file))
  const one = withStages(file, textOf(file), ['a-new-stage'])
  expect(one).toContain('a-new-stage')
  for (const name of builtInStageNames) expect(one).not.toMatch(new RegExp(`(in|list|\\() ?[["']*${name}\\b`))
})

it('a missing list is an error', () => {
  expect(() => withStages('crds/orderpipelines.yaml', 'spec: {}', ['orders'])).toThrow(/found no list of stages/)
})
