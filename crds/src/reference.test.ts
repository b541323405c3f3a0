import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { definitionFile, reference, referenceFile, schemaOf } from './reference.ts'

const text = reference()

it('the reference on file equals that of the schema; otherwise run npm run generate', () => {
  expect(readFileSync(referenceFile, 'utf8')).toBe(text)
})

it('the reference describes every field', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.filter((row) => /\| \|$|\| {2}\|$/.test(row))).toEqual([])
})

it('the schema has no unknown key: a comma in an unquoted text would create one', () => {
  const keywords =
    /^(type|format|description|properties|items|required|enum|default|pattern|additionalProperties|anyOf|(min|max)\w+|x-kubernetes-.*)$/
  const strangers = (schema: object, path: string): string[] =>
    Object.entries(schema).flatMap(([key, value]) => {
      if (key === 'properties')
        return Object.entries(value as object).flatMap(([name, field]) => strangers(field as object, `${path}.${name}`))
      if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object'))
        return strangers(value as object, `${path}[]`)
      return keywords.test(key) ? [] : [`${path}: ${key}`]
    })
  expect(strangers(schemaOf(definitionFile), '')).toEqual([])
})

it('the reference links only to sections that it has', () => {
  const anchors = new Set(
    [...text.matchAll(/^## (.*)$/gm)].map(([, name = '']) => name.toLowerCase().replace(/[^a-z0-9]/g, '')),
  )
  for (const [, link = ''] of text.matchAll(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(link)
})
