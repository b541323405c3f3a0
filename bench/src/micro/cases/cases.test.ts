// Does every case still work? Each is measured for a moment; the figures themselves mean nothing.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { availableCases, measuredCases } from '../measure.ts'
import { MissingSubjectError, treeAt } from '../tree.ts'
import type { Tree } from '../tree.ts'
import { microCases } from './index.ts'

const tree = treeAt(join(import.meta.dirname, '../../../..'))

describe('the cases', () => {
  it.each(microCases.map((one) => [one.name, one] as const))(
    '%s does all of its operations with the results that it should have, and has a figure',
    async (name, one) => {
      const [measurement] = await measuredCases(tree, [one], 2)
      expect(measurement?.name).toBe(name)
      expect(measurement?.perSecond).toBeGreaterThan(0)
    },
  )

  it('have names of their own, and cover each subject', () => {
    const names = microCases.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(names.map((name) => name.split(': ')[0]))).toEqual(
      new Set(['codec', 'validation', 'key executor', 'offset tracker', 'plan', 'status']),
    )
  })
})

describe('a case in another commit', () => {
  const [one] = microCases
  const failingTree = (error: Error): Tree => ({ load: () => Promise.reject(error) })

  it('is missing where the file or the export is not there, and failed where it does not work', async () => {
    const stateIn = async (other: Tree) => (await availableCases(other, one ? [one] : []))[0]?.state
    expect(await stateIn(tree)).toBe('available')
    expect(await stateIn(failingTree(new MissingSubjectError('there is no x')))).toBe('missing')
    expect(await stateIn(failingTree(new TypeError('x is not a function')))).toBe('failed')
  })

  it('names the file or the export that is missing', async () => {
    await expect(tree.load('packages/kafka/src/no-such-file.ts', [])).rejects.toThrow(
      new MissingSubjectError('there is no packages/kafka/src/no-such-file.ts'),
    )
    await expect(tree.load('@orderpipeline/no-such-package', [])).rejects.toThrow(MissingSubjectError)
    await expect(tree.load<{ encodeTwice: unknown }>('@orderpipeline/order-events', ['encodeTwice'])).rejects.toThrow(
      new MissingSubjectError('@orderpipeline/order-events exports no encodeTwice'),
    )
  })

  it('fails where it does less than it should', async () => {
    const lazy = { name: 'lazy', prepare: () => Promise.resolve({ operations: 2, run: () => 1 }) }
    await expect(measuredCases(tree, [lazy], 1)).rejects.toThrow('lazy: found 1 operations as expected; allowed: all 2')
  })
})
