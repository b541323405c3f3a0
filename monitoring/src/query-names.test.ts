// Does a panel, an alert or a rule name a metric or a label that no program has? Its query would be
// empty for ever, and an `or vector(0)` behind it would hide that.
import { describe, expect, it } from 'vitest'
import { declaredMetrics, knownLabels } from './testing/known-metrics.ts'
import { checkedLabels } from './testing/labels.ts'
import { expressionOf, operandsOf, selectorsIn } from './testing/promql.ts'
import {
  alertQueries,
  objectiveQueries,
  panelQueries,
  pipelineWithObjectives,
  variableQueries,
} from './testing/queries.ts'

const labelsOf = knownLabels(pipelineWithObjectives)
function check(expr: string) {
  return checkedLabels(expressionOf(expr), labelsOf)
}

describe('every query', () => {
  const queries = {
    'of a panel': panelQueries(),
    'of a variable of a dashboard': variableQueries(),
    'of an alert': alertQueries(),
    'of an objective': objectiveQueries(pipelineWithObjectives),
  }
  it.each(Object.entries(queries))('%s names metrics and labels that its operands have', (_of, list) => {
    expect(list.length).toBeGreaterThan(5)
    const problems = list.flatMap(({ at, expr }) => check(expr).problems.map((problem) => `${at}: ${problem}`))
    expect(problems).toEqual([])
  })
  it.each(Object.entries(queries))('%s has the labels that its legend or its summary shows', (_of, list) => {
    const absent = list.flatMap(({ at, expr, shown }) => {
      const { labels } = check(expr)
      return shown.filter((label) => !labels.has(label)).map((label) => `${at}: ${label}`)
    })
    expect(absent).toEqual([])
  })
  it('has operands, of metrics in the reference', () => {
    const selectors = Object.values(queries)
      .flat()
      .flatMap(({ expr }) => operandsOf(expressionOf(expr)))
      .flatMap(selectorsIn)
    expect(selectors.length).toBeGreaterThan(150)
    expect(declaredMetrics().size).toBeGreaterThan(50)
  })
})

describe('the operands', () => {
  it('are both sides of operators, without numbers and without what stands in for absent data', () => {
    const operands = (expr: string) => operandsOf(expressionOf(expr)).map(({ text }) => text)
    expect(operands('(sum(a_b) or vector(0)) == 0')).toEqual(['sum(a_b)'])
    expect(operands('a_b{c="d"} > 4 * 3600\nand on (x) deriv(b_c[10m]) > 0')).toEqual(['a_b{c="d"}', 'deriv(b_c[10m])'])
    expect(operands('sum by (x) ((a_b unless a_b offset 15m) or increase(a_b[15m])) > 0')).toEqual([
      ...['a_b', 'a_b', 'increase(a_b[15m])'],
    ])
    expect(operands('vector(1)')).toEqual([])
  })
  it('are read of valid PromQL alone', () => {
    expect(() => expressionOf('sum(rate(a_b[5m])')).toThrow('no PromQL')
  })
})

describe('a query is wrong', () => {
  const lag = 'orderpipeline_group_lag'
  it.each([
    ['an unknown metric behind vector(0)', 'sum(orders_lost_total) or vector(0)', 'no program has the metric'],
    ['an unknown label behind vector(0)', 'sum(orders_held{shop="a"}) or vector(0)', 'orders_held has no label shop'],
    ['a label that is not grouped by', `sum by (stag) (${lag})`, `${lag} has no label stag`],
    ['a label that is aggregated before', `sum by (stage) (max by (pipeline) (${lag}))`, 'has no label stage'],
    ['a label that one side does not have', `${lag} and on (status) orders_active`, `${lag} has no label status`],
    ['sides that can never match', `${lag} > 0 unless orders_active`, 'no series of one side'],
    ['a quantile without bounds', 'histogram_quantile(0.9, sum(rate(carrier_seconds_bucket[5m])))', 'no label le'],
  ])('with %s', (_why, expr, problem) => {
    expect(check(expr).problems.join()).toContain(problem)
  })
  it('but not with labels that remain', () => {
    expect(check(`max without (stage, pod) (${lag})`)).toEqual({
      labels: new Set(['namespace', 'pipeline', 'job', 'instance']),
      problems: [],
    })
    expect([...check(`${lag} * on (namespace, pipeline) orderpipeline_condition`).labels]).toEqual([
      'namespace',
      'pipeline',
    ])
  })
})
