// Do the queries of a longer history name metrics and labels that the programs have?
import { checkedLabels, expressionOf, knownLabels, pipelineWithObjectives } from '@orderpipeline/monitoring/testing'
import { expect, it } from 'vitest'
import { longRanges } from '../model/long-range.ts'
import { rangeQueries } from './range-queries.ts'

const labelsOf = knownLabels(pipelineWithObjectives)

it.each(longRanges)('the queries of $minutes minutes name what is there, and the part in their result', (range) => {
  for (const { expr, partLabel } of rangeQueries({ namespace: 'shop', name: 'shop' }, range)) {
    const { labels, problems } = checkedLabels(expressionOf(expr), labelsOf)
    expect(problems).toEqual([])
    expect([...labels]).toEqual([partLabel])
  }
})
