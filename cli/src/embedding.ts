// What does `orderpipeline dev` share with the commands? The check of a pipeline, and the decisions
// of KEDA and the autoscaler as `simulate` makes them.
export type { DevArguments } from './commands/dev.ts'
export { CommandError, type Environment, type Output } from './environment.ts'
export { painter, type Paint } from './colour.ts'
export { autoscalerRules, type AutoscalerRules } from '@orderpipeline/client/simulation'
export {
  blank,
  decision,
  type HpaDecision,
  type HpaMemory,
  type HpaSpec,
  type Metric,
} from '@orderpipeline/client/simulation'
export { lagMetric, polled, summed } from '@orderpipeline/client/simulation'
export { validationLines } from './validation/render.ts'
export { validation, type Validation } from './validation/validation.ts'
