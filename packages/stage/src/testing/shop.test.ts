// Are the stages wired here as a user's are?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { emittedTopics } from '@orderpipeline/order-events'
import { consumedTopics, shopTopics } from './shop.ts'

interface Shop {
  readonly spec: {
    readonly topics: readonly { readonly name: string }[]
    readonly stages: readonly {
      readonly name: string
      readonly consumes: readonly { readonly topic: string }[]
      readonly emits?: readonly { readonly topic: string }[]
    }[]
  }
}

const file = join(import.meta.dirname, '../../../../examples/shop.yaml')
const { spec } = parse(readFileSync(file, 'utf8')) as Shop

test('the stages consume the topics of the example', () => {
  const stages = spec.stages.map(({ name, consumes }) => [name, consumes.map(({ topic }) => topic)])
  expect(Object.fromEntries(stages)).toEqual(consumedTopics)
})

test('the stages emit the events of the example', () => {
  const stages = spec.stages.map(({ name, emits = [] }) => [name, emits.map(({ topic }) => topic)])
  expect(Object.fromEntries(stages)).toEqual(emittedTopics)
})

test('the topics equal those of the example', () => {
  expect(shopTopics.toSorted()).toEqual(spec.topics.map(({ name }) => name).toSorted())
})
