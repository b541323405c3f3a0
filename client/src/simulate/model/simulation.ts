// How do the lag and the replicas of each stage develop under a given load? The model advances in
// fixed steps (`stepMs`): messages arrive, are handled and are emitted in each step. Everything
// that controls them (polls of the autoscalers, starts of pods, rebalances) happens at the first
// step at or after its time. Pure: the random numbers follow from the scenario's seed.
import type { FlowChange } from '@orderpipeline/operator/pipeline'
import { endOf, seeded } from '@orderpipeline/traffic/trace'
import { createArrivals } from './arrivals.ts'
import { createFlowControl } from './flow-control.ts'
import { createNodes } from './nodes.ts'
import type { Scenario } from './scenario.ts'
import { createStage } from './stage.ts'
import type { StageModel, StageState } from './stage.ts'

export interface StageRun {
  readonly name: string
  /** One for each second, the first at second 0. */
  readonly samples: readonly StageState[]
  readonly rebalances: number
  /** Time in which the consumer group was paused by a rebalance. */
  readonly standstillSeconds: number
  /** The number of pods, added up over time. */
  readonly podSeconds: number
  /**
   * The last changes of the desired replicas of a stage that is scaled on flow; their times are
   * milliseconds since the start of the run.
   */
  readonly changes: readonly FlowChange[]
}

export interface Run {
  readonly orders: number
  readonly seconds: number
  readonly stages: readonly StageRun[]
}

interface Recording {
  readonly model: StageModel
  readonly samples: StageState[]
  standstillMs: number
  podMs: number
}

/** What happens to every stage, second by second. */
export function simulate(scenario: Scenario): Run {
  const { topology, trace, stepMs, surroundings } = scenario
  const random = seeded(scenario.seed)
  const nodes = createNodes({
    podStartMs: surroundings.podStartSeconds * 1_000,
    startsPerSecond: surroundings.startsPerSecond,
  })
  const flow = createFlowControl(topology)
  const recordings = scenario.stages.map((stage): Recording => {
    const model = createStage(stage, scenario, nodes, flow, random)
    return { model, samples: [], standstillMs: 0, podMs: 0 }
  })
  const arrivals = createArrivals(trace)
  const emit = emitter(scenario, recordings)
  const endOfTrace = endOf(trace)
  const latest = scenario.seconds === undefined ? endOfTrace + scenario.tailSeconds * 1_000 : scenario.seconds * 1_000
  let orders = 0
  let now = 0

  for (; now <= latest; now += stepMs) {
    const newOrders = arrivals(now) - orders
    orders += newOrders
    for (const topic of topology.entrances) for (const { model } of recordings) model.arrive(topic, newOrders)
    for (const { model } of recordings) model.finish(now, (topic, messages) => emit(model.name, topic, messages))
    nodes.advance(now)
    if (scenario.scaling === 'flow' || scenario.scaling === 'policy') flow.look(now)
    for (const { model } of recordings) {
      model.control(now)
      model.begin(now)
    }
    for (const recording of recordings) {
      recording.podMs += recording.model.pods * stepMs
      if (recording.model.rebalancing) recording.standstillMs += stepMs
    }
    if (now % 1_000 !== 0) continue
    for (const { model, samples } of recordings) samples.push(model.state())
    if (scenario.seconds === undefined && now > endOfTrace && recordings.every(({ model }) => model.settled)) break
  }
  return {
    orders,
    seconds: Math.min(now, latest) / 1_000,
    stages: recordings.map(({ model, samples, standstillMs, podMs }) => ({
      name: model.name,
      samples,
      rebalances: model.rebalances,
      standstillSeconds: standstillMs / 1_000,
      podSeconds: podMs / 1_000,
      changes: model.changes,
    })),
  }
}

/**
 * Delivers the messages that a stage emits when it has handled messages of a topic. A ratio may
 * give a fraction of a message: the fraction is kept until it adds up to a whole message.
 */
function emitter(
  { topology }: Scenario,
  recordings: readonly Recording[],
): (stage: string, topic: string, messages: number) => void {
  const flows = topology.flows.map((flow) => ({ ...flow, pending: 0 }))
  return (stage, topic, messages) => {
    for (const flow of flows) {
      if (flow.stage !== stage || flow.from !== topic) continue
      flow.pending += messages * flow.ratio
      const whole = Math.floor(flow.pending + 1e-9)
      flow.pending -= whole
      if (whole > 0) for (const { model } of recordings) model.arrive(flow.to, whole)
    }
  }
}
