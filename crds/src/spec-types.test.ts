// Are the types that the operator reads those of the CRD?
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { specTypes } from './spec-types.ts'
import { currentSpecTypes, typesFile } from './write-spec-types.ts'

it('the types on file equal those of the schema; otherwise run npm run generate', async () => {
  expect(readFileSync(typesFile, 'utf8')).toBe(await currentSpecTypes())
})

it('a field is optional unless it is required, and an unnamed object is written inline', () => {
  const text = specTypes({
    type: 'object',
    required: ['mode'],
    properties: {
      mode: { type: 'string', enum: ['A', 'B'] },
      pause: { description: 'How it rests.', properties: { seconds: { type: 'integer' } } },
    },
  })
  expect(text).toContain("readonly mode: 'A' | 'B'")
  expect(text).toContain('/** How it rests. */\nreadonly pause?: {\nreadonly seconds?: number\n}')
})

it('defaults are found in objects and in the items of lists', () => {
  const stage = { properties: { tries: { type: 'integer', default: 5 }, name: { type: 'string' } } }
  const text = specTypes({ properties: { stages: { type: 'array', items: stage }, image: { type: 'string' } } })
  expect(text).toContain('export const specDefaults = {"stages":{"tries":5}} as const')
})

it('two objects of one name with different fields are refused, with the path of the second', () => {
  const retry = (field: string) => ({ properties: { retry: { properties: { [field]: { type: 'string' } } } } })
  expect(() => specTypes({ properties: { one: retry('a'), two: retry('b') } })).toThrow(
    /^spec\.two\.retry: found other/,
  )
})
