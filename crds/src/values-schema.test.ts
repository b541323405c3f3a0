import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { jsonSchema } from './values-schema.ts'
import { currentSchema, schemaFile } from './write-values-schema.ts'

test('the schema of order-shop’s values contains the present schema of the CRD; npm run generate writes it', async () => {
  expect(await readFile(schemaFile, 'utf8')).toBe(await currentSchema())
})

test('a property that the CRD does not have is an error, and quantities may be numbers', () => {
  const schema = {
    type: 'object',
    properties: { cpu: { 'x-kubernetes-int-or-string': true }, name: { type: 'string', minLength: 1 } },
  }
  expect(jsonSchema(schema)).toEqual({
    type: 'object',
    properties: { cpu: { type: ['integer', 'number', 'string'] }, name: { type: 'string', minLength: 1 } },
    additionalProperties: false,
  })
})
