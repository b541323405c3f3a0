// What do tests of other packages use of the queries? The queries of the product, and whether what
// an expression names is there.
export { declaredMetrics, declaredName, knownLabels } from './known-metrics.ts'
export { checkedLabels } from './labels.ts'
export { expressionOf, operandsOf, selectorsIn } from './promql.ts'
export type { Selector } from './promql.ts'
export { alertQueries, panelQueries, pipelineWithObjectives } from './queries.ts'
export { queriesOfPods, servedLabels } from './served-labels.ts'
export type { NamedQuery } from './queries.ts'
