// What does `orderpipeline dev` share with the commands? The check of a pipeline, and the decisions
// of KEDA and the autoscaler as `simulate` makes them.
export type { DevArguments } from './commands/dev.ts'
export { CommandError, type Environment, type Output } from './environment.ts'
export { painter, type Paint } from './colour.ts'
export { autoscalerRules, type AutoscalerRules } from './simulate/model/autoscaler-rules.ts'
export { blank, decision, type HpaDecision, type HpaMemory, type HpaSpec, type Metric } from './simulate/model/hpa.ts'
export { lagMetric, polled, summed } from './simulate/model/keda.ts'
export { validationLines } from './validation/render.ts'
export { whatIfInThread } from './what-if/what-if-thread.ts'
export { validation, type Validation } from './validation/validation.ts'
