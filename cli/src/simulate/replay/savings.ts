// What would another policy have saved in a recorded time? Replica-hours and lag, the recorded ones
// next to those of the dry runs, of the stages that the recording has.
import type { Figures } from '@orderpipeline/client/simulation'
import type { Recording } from './recording.ts'

export interface ReplayFigures {
  readonly name: string
  readonly replicaHours: number
  readonly lagSeconds: number
  readonly peakLag: number
}

export interface Savings extends ReplayFigures {
  /** More than the recorded ones where negative. */
  readonly savedReplicaHours: number
  readonly savedLagSeconds: number
}

export interface Replay {
  readonly recorded: ReplayFigures
  readonly runs: readonly Savings[]
}

export function replayOf(
  recording: Recording,
  runs: readonly { readonly name: string; readonly figures: Figures }[],
): Replay {
  const names = recording.stages.map(({ name }) => name)
  const recorded = figuresOf('recorded', recording.stages)
  return {
    recorded,
    runs: runs.map(({ name, figures }) => {
      const run = figuresOf(
        name,
        figures.stages.filter((stage) => names.includes(stage.name)),
      )
      return {
        ...run,
        savedReplicaHours: recorded.replicaHours - run.replicaHours,
        savedLagSeconds: recorded.lagSeconds - run.lagSeconds,
      }
    }),
  }
}

function figuresOf(name: string, stages: readonly Omit<ReplayFigures, 'name'>[]): ReplayFigures {
  const sum = (of: 'replicaHours' | 'lagSeconds'): number => stages.reduce((total, stage) => total + stage[of], 0)
  return {
    ...{ name, replicaHours: sum('replicaHours'), lagSeconds: sum('lagSeconds') },
    peakLag: Math.max(0, ...stages.map(({ peakLag }) => peakLag)),
  }
}
