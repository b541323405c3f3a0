// What does a built-in stage stand on? Its contract with the operator, its inbox and outbox, and
// the life of its process.
export { stageConfig, stageVariables, type StageConfig } from './config.ts'
export type { PeriodicTask, PeriodicTaskContext } from './periodic-tasks.ts'
export { startStage, type RunningStage, type StageDefinition, type StageDependencies } from './run.ts'
export { runStageProcess, type ProcessContext, type ProcessInputs, type StageContext } from './process.ts'
export {
  createStore,
  type Apply,
  type Decide,
  type Item,
  type ProductHandling,
  type Reaction,
  type Sending,
  type StageItem,
  type Store,
} from './store.ts'
export { prune, type Pruned } from './prune.ts'
