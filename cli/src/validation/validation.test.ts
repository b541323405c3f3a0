import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { numberText, pathText, quoted } from './cause.ts'
import { formatted } from './cel/format.ts'
import { compile } from './cel/rules.ts'
import { suggestion, validationLines } from './render.ts'
import { orderPipelineResource } from './schema.ts'
import type { Schema } from './schema.ts'
import { validation } from './validation.ts'

function minimal() {
  return structuredClone(
    parse(readFileSync(new URL('../../../crds/fixtures/minimal.yaml', import.meta.url), 'utf8')) as {
      kind: string
      spec: { stages: Record<string, unknown>[]; topics: Record<string, unknown>[] } & Record<string, unknown>
    },
  )
}

const supported = new Set(
  `type format nullable default description enum pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum
  items minItems maxItems properties additionalProperties required minProperties maxProperties anyOf x-kubernetes-int-or-string
  x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations`.split(/\s+/),
)
function every(schema: Schema): Schema[] {
  return [
    schema,
    ...Object.values(schema.properties ?? {}).flatMap(every),
    ...(schema.items ? every(schema.items) : []),
    ...(schema.additionalProperties ? every(schema.additionalProperties) : []),
  ]
}

describe('the schema of the CRD', () => {
  const schemas = every(orderPipelineResource().schema)

  it('has no constraint that offline validation ignores', () => {
    expect([
      ...new Set(schemas.flatMap((schema) => Object.keys(schema)).filter((word) => !supported.has(word))),
    ]).toEqual([])
  })

  it('has only rules that compile offline', () => {
    const rules = schemas.flatMap((schema) => schema['x-kubernetes-validations'] ?? [])
    expect(rules.length).toBeGreaterThan(10)
    for (const { rule, messageExpression } of rules)
      for (const expression of [rule, ...(messageExpression === undefined ? [] : [messageExpression])])
        expect(() => compile(expression), expression).not.toThrow()
  })
})

describe('a pipeline', () => {
  it('gets every default that the API server would set', () => {
    expect(validation(minimal()).pipeline?.spec).toMatchObject({
      deletionPolicy: 'Retain',
      stages: [{ concurrency: 10, retry: { attempts: 5 } }],
    })
  })

  it('is refused with an unknown field, and the message suggests the closest one', () => {
    const object = minimal()
    object.spec.stages[0] = { ...object.spec.stages[0], concurency: 5 }
    const verdict = validation(object)
    expect(verdict.accepted).toBe(false)
    expect(validationLines({ file: 'f', name: 'n', verdict }, (text) => text)).toContain(
      '* unknown field "spec.stages[0].concurency"; did you mean concurrency?',
    )
    expect(suggestion({ path: 'spec.zzz', known: ['kafka', 'topics'] })).toBe('; allowed here: kafka, topics')
  })

  it('is compared with the previous version only if there is one', () => {
    const [old, changed] = [minimal(), minimal()]
    Object.assign(old.spec.topics[0] ?? {}, { partitions: 30 })
    Object.assign(changed.spec.topics[0] ?? {}, { partitions: 20 })
    expect(validation(changed).skippedRules).toContain(
      'spec.topics[0].partitions: partitions can grow but never shrink',
    )
    expect(validation(changed, old).causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: 'spec.topics[0].partitions',
        message: 'Invalid value: 20: partitions can grow but never shrink',
      },
    ])
  })

  it('that the API server accepts and the operator refuses is reported as such', () => {
    const object = minimal()
    Object.assign(object.spec, { database: { secretName: 's', key: 'k', maxConnections: 1 } })
    Object.assign(object.spec.stages[0] ?? {}, { scaling: { minReplicas: 1, maxReplicas: 9, lagPerReplica: 1 } })
    expect(validation(object)).toMatchObject({
      accepted: false,
      causes: [],
      problems: [{ path: 'spec.database.maxConnections', reason: 'ConnectionBudgetExceeded' }],
    })
  })

  it('of another version or kind gets that problem only', () => {
    expect(validation({ ...minimal(), apiVersion: 'orderpipeline.dev/v9' }).causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: 'apiVersion',
        message: 'Invalid value: "orderpipeline.dev/v9": must be orderpipeline.dev/v1alpha1',
      },
    ])
  })
})

it('prints values as Go does', () => {
  expect([5, 1.5, 1e20, 1234567.5, 0.00001, -3].map(numberText)).toEqual([
    '5',
    '1.5',
    '1e+20',
    '1.2345675e+06',
    '1e-05',
    '-3',
  ])
  expect(quoted('a"b\u0001\n')).toBe('"a\\"b\\x01\\n"')
  expect(pathText(['spec', 'stages', 0, 'requests', { key: 'cpu' }])).toBe('spec.stages[0].requests[cpu]')
})

it('formats messages as CEL specifies', () => {
  expect(formatted('%s has %d of %s, %.1f %%, %x', ['a', 3n, ['x', 2n, true, { k: null }], 99.55, 255n])).toBe(
    'a has 3 of ["x", 2, true, {"k":null}], 99.5 %, ff',
  )
  expect(() => formatted('%d', ['text'])).toThrow(TypeError)
  expect(() => formatted('%d %d', [1n])).toThrow(RangeError)
})
