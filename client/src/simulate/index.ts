// How would a pipeline do under a load? The dry run of `orderpipeline simulate` and of the
// console's "what if": its autoscalers, consumer groups and nodes in simulated time.
export { alternatives, dryRun, reactive, runScaled } from './dry-run.ts'
export type { DryRun, DryRunOptions, SimulatedPipeline } from './dry-run.ts'
export { CommandError, UsageError } from '../failure.ts'
export { autoscalerRules, type AutoscalerRules } from './model/autoscaler-rules.ts'
export { turnsOf, type Figures, type StageFigures } from './model/figures.ts'
export { blank, decision, type HpaDecision, type HpaMemory, type HpaSpec, type Metric } from './model/hpa.ts'
export { lagMetric, polled, summed } from './model/keda.ts'
export { oracle, type OracleRun } from './model/oracle.ts'
export type { ClusterConditions, Scaling } from './model/scenario.ts'
export type { Run, StageRun } from './model/simulation.ts'
export type { StageState } from './model/stage.ts'
