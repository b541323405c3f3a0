// What does a program read of a run? Its inputs, its figures, and a sample a second of every stage.
import type { ClusterConditions, DryRun, Figures, StageState } from '@orderpipeline/client/simulation'
import type { Replay } from './replay/savings.ts'

interface Settings {
  readonly surroundings: ClusterConditions
  readonly seed: number
}

const series = ['arrived', 'done', 'lag', 'wanted', 'pods', 'members', 'ready'] as const satisfies (keyof StageState)[]

export function asJson(
  pipeline: string,
  { scenario, run, figures }: DryRun,
  { surroundings, seed }: Settings,
  alternatives: readonly { readonly name: string; readonly figures: Figures }[],
  replay?: Replay,
) {
  return {
    pipeline,
    scaling: scenario.scaling,
    seed,
    // JSON has no infinity: absent is without a bound.
    surroundings: {
      ...surroundings,
      startsPerSecond: Number.isFinite(surroundings.startsPerSecond) ? surroundings.startsPerSecond : undefined,
    },
    messagesPerOrder: Object.fromEntries(scenario.topology.messagesPerOrder),
    flows: scenario.topology.flows,
    figures,
    alternatives,
    ...(replay ? { replay } : {}),
    changes: run.stages.map(({ name, changes }) => ({
      name,
      changes: changes.map(({ at, until, ...change }) => ({
        atSeconds: at / 1_000,
        untilSeconds: until / 1_000,
        ...change,
      })),
    })),
    series: run.stages.map(({ name, samples }) => ({
      name,
      everySeconds: 1,
      ...Object.fromEntries(series.map((key) => [key, samples.map((sample) => sample[key])])),
    })),
  }
}
