import { describe, expect, it, vi } from 'vitest'
import { orderPipelines } from '../api/index.ts'
import type { Resource } from '../api/index.ts'
import { declaredPart, schemaAt, schemaIn, servedSchemas } from './served-schema.ts'
import type { Schema } from './served-schema.ts'

const schema: Schema = {
  properties: {
    spec: { properties: { list: { items: { properties: { name: {} } } }, free: { additionalProperties: {} } } },
    open: { 'x-kubernetes-preserve-unknown-fields': true },
  },
}
const kinds = [{ group: 'orderpipeline.dev', version: 'v1alpha1', kind: 'OrderPipeline' }]
const document = {
  components: { schemas: { other: {}, pipeline: { ...schema, 'x-kubernetes-group-version-kind': kinds } } },
}

/** For a machine that stands still for a moment. */
const patience = { timeout: 30_000 }
function never(): never {
  throw new Error('nothing has changed')
}

describe('the declared part of a value', () => {
  it('is all of it without a schema', () => {
    expect(declaredPart({ a: [1] }, undefined)).toEqual({ value: { a: [1] }, undeclared: [] })
  })

  it('omits fields that the schema lacks, in lists too, and reports each path once', () => {
    const value = {
      spec: {
        list: [
          { name: 'a', newer: 1 },
          { name: 'b', newer: 2 },
        ],
        free: { x: 1 },
      },
      open: { y: 2 },
      top: 3,
    }
    expect(declaredPart(value, schema)).toEqual({
      value: { spec: { list: [{ name: 'a' }, { name: 'b' }], free: { x: 1 } }, open: { y: 2 } },
      undeclared: ['spec.list[].newer', 'top'],
    })
  })
})

describe('the served schema', () => {
  it('is found by group, version and kind, and then by a path', () => {
    expect(schemaAt(schemaIn(document, orderPipelines), 'spec.list')).toEqual(
      schema.properties?.['spec']?.properties?.['list'],
    )
    expect(schemaAt(schemaIn(document, orderPipelines), 'spec.nothing')).toBeUndefined()
    expect(schemaIn(document, { ...orderPipelines, kind: 'Other' })).toBeUndefined()
  })

  it('stays when it cannot be read, and reports a change', async () => {
    let [now, changes] = [0, 0]
    const answers: unknown[] = [
      document,
      undefined,
      document,
      { components: { schemas: { a: { 'x-kubernetes-group-version-kind': kinds } } } },
    ]
    const openapi = () => {
      const answer = answers.shift()
      return answer ? Promise.resolve(answer) : Promise.reject(new Error('away'))
    }
    const schemas = servedSchemas(
      { openapi },
      () => now,
      () => (changes += 1),
    )
    const load = async () => {
      now += 10_000
      await schemas.load(orderPipelines)
      return [changes, schemaAt(schemas.of(orderPipelines), 'spec') !== undefined]
    }
    expect([await load(), await load(), await load(), await load()]).toEqual([
      [0, true],
      [0, true],
      [0, true],
      [1, false],
    ])
  })

  it('is read again where the API server serves it late, without waiting for the next watch', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve({ components: { schemas: {} } })]
    let reads = 0
    const openapi = () => answers[reads++] ?? Promise.resolve(document)
    const changes: string[] = []
    const onChange = ({ kind }: Resource) => changes.push(kind)
    const backoff = { firstMs: 1, maxMs: 2 }
    const schemas = servedSchemas({ openapi }, () => 0, onChange, new AbortController().signal, backoff)
    await schemas.load(orderPipelines)
    expect(schemas.of(orderPipelines)).toBeUndefined()
    await vi.waitUntil(() => schemas.of(orderPipelines) !== undefined, patience)
    expect([reads, changes]).toEqual([3, ['OrderPipeline']])
  })

  it('is given up where it is never served, and no longer read once the operator stops', async () => {
    let reads = 0
    const openapi = () => Promise.reject(new Error(`away ${++reads}`))
    const backoff = { firstMs: 1, maxMs: 1 }
    await servedSchemas({ openapi }, () => 0, never, new AbortController().signal, backoff).load(orderPipelines)
    await vi.waitUntil(() => reads === 9, patience)
    const stopped = AbortSignal.abort()
    await servedSchemas({ openapi }, () => 0, never, stopped, backoff).load(orderPipelines)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reads).toBe(10)
  })
})
