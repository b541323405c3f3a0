import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline, ScaledObject } from '../../api/index.ts'
import { desired } from './desired.ts'
import { pipeline, settings, stage } from '../testing.ts'

const topics = [{ name: 'in' }, { name: 'more' }]
function pipelineConsuming(...names: string[]): OrderPipeline {
  return pipeline({ topics, stages: [stage({ consumes: names.map((topic) => ({ topic })) })] })
}
function scaledObject(shop: OrderPipeline, live: readonly ChildObject[] = []): ScaledObject {
  return (
    desired(shop, live, settings).find((object): object is ScaledObject => object.kind === 'ScaledObject') ??
    expect.fail('no ScaledObject')
  )
}
function formulaOf({ spec }: ScaledObject) {
  return spec.advanced.scalingModifiers
}

describe('the formula of a stage’s ScaledObject', () => {
  it('adds up the lags of several topics, and is absent for one topic', () => {
    expect(formulaOf(scaledObject(pipelineConsuming('in', 'more')))?.formula).toBe('lag_0 + lag_1')
    expect(formulaOf(scaledObject(pipelineConsuming('in')))).toBeUndefined()
  })

  it('is set to an empty text, and never removed, when a stage goes from several topics to one', () => {
    const summed = scaledObject(pipelineConsuming('in', 'more'))
    const emptied = scaledObject(pipelineConsuming('in'), [summed])
    expect(formulaOf(emptied)).toEqual({ formula: '', target: '' })
    expect(formulaOf(scaledObject(pipelineConsuming('in'), [emptied]))).toEqual({ formula: '', target: '' })
    expect(formulaOf(scaledObject(pipelineConsuming('in', 'more'), [emptied]))?.formula).toBe('lag_0 + lag_1')
  })
})
