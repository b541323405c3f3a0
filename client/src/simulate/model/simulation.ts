// How do lag and replicas go on from an order's arrival to its end? Messages flow in steps of a
// tenth of a second; what controls them (polls, syncs, pods, rebalances) happens at the first step
// at or after its moment.
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
  /** One a second, the first at 0. */
  readonly samples: readonly StageState[]
  readonly rebalances: number
  readonly standstillSeconds: number
  readonly podSeconds: number
  /**
   * The last changes of the desired replicas of a stage on flow, in milliseconds since the
   * beginning.
   */
  readonly changes: readonly FlowChange[]
}

export interface Run {
  readonly orders: number
  readonly seconds: number
  readonly stages: readonly StageRun[]
}

interface Books {
  readonly model: StageModel
  readonly samples: StageState[]
  standstillMs: number
  podMs: number
}

/** Every stage second by second. */
export function simulate(scenario: Scenario): Run {
  const { topology, trace, stepMs, surroundings } = scenario
  const random = seeded(scenario.seed)
  const nodes = createNodes({
    podStartMs: surroundings.podStartSeconds * 1_000,
    startsPerSecond: surroundings.startsPerSecond,
  })
  const flow = createFlowControl(topology)
  const books = scenario.stages.map((stage): Books => {
    const model = createStage(stage, scenario, nodes, flow, random)
    return { model, samples: [], standstillMs: 0, podMs: 0 }
  })
  const arrivals = createArrivals(trace)
  const emit = emissions(scenario, books)
  const endOfTrace = endOf(trace)
  const latest = scenario.seconds === undefined ? endOfTrace + scenario.tailSeconds * 1_000 : scenario.seconds * 1_000
  let orders = 0
  let now = 0

  for (; now <= latest; now += stepMs) {
    const come = arrivals(now) - orders
    orders += come
    for (const topic of topology.entrances) for (const { model } of books) model.arrive(topic, come)
    for (const { model } of books) model.finish(now, (topic, messages) => emit(model.name, topic, messages))
    nodes.advance(now)
    if (scenario.scaling === 'flow' || scenario.scaling === 'policy') flow.look(now)
    for (const { model } of books) {
      model.control(now)
      model.begin(now)
    }
    for (const book of books) {
      book.podMs += book.model.pods * stepMs
      if (book.model.rebalancing) book.standstillMs += stepMs
    }
    if (now % 1_000 !== 0) continue
    for (const { model, samples } of books) samples.push(model.state())
    if (scenario.seconds === undefined && now > endOfTrace && books.every(({ model }) => model.settled)) break
  }
  return {
    orders,
    seconds: Math.min(now, latest) / 1_000,
    stages: books.map(({ model, samples, standstillMs, podMs }) => ({
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
 * What a stage says when it is done with messages; a part of a message is said with a later one.
 */
function emissions(
  { topology }: Scenario,
  books: readonly Books[],
): (stage: string, topic: string, messages: number) => void {
  const flows = topology.flows.map((flow) => ({ ...flow, part: 0 }))
  return (stage, topic, messages) => {
    for (const flow of flows) {
      if (flow.stage !== stage || flow.from !== topic) continue
      flow.part += messages * flow.ratio
      const whole = Math.floor(flow.part + 1e-9)
      flow.part -= whole
      if (whole > 0) for (const { model } of books) model.arrive(flow.to, whole)
    }
  }
}
