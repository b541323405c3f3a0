// What does an autoscaler on flow see in the model? Looks at every stage as often as the operator
// looks at offsets; what follows from them is the operator's own code.
import { flowControl, unmeasuredDecision, usableLag } from '@orderpipeline/operator/pipeline'
import type { FlowDecision, FlowRules, Topology } from '@orderpipeline/operator/pipeline'
import type { Sight } from './autoscaler.ts'
import type { StageScenario } from './scenario.ts'

export interface ModelFlowControl {
  /** Every stage joins before the first look. */
  join(stage: StageScenario, sight: Sight): void
  look(now: number): void
  /** @throws RangeError for a stage that has not joined */
  decide(stage: string, current: number): FlowDecision
}

/** The operator's interval between two looks at offsets. */
const lookMs = 2_000

export function createFlowControl(topology: Topology): ModelFlowControl {
  const stages = new Map<string, { readonly stage: StageScenario; readonly sight: Sight }>()
  let control: ReturnType<typeof flowControl> | undefined
  let nextLook = 0

  return {
    join: (stage, sight) => {
      stages.set(stage.name, { stage, sight })
    },
    look: (now) => {
      if (now < nextLook) return
      nextLook = now + lookMs
      control ??= flowControl(
        topology,
        [...stages.values()].map(({ stage }) => rulesOf(stage)),
      )
      for (const [name, { stage, sight }] of stages)
        control.note(name, {
          at: now,
          members: sight.members(),
          current: sight.wanted(),
          handled: sight.done(),
          arrived: new Map(stage.consumes.map(({ topic }) => [topic, sight.arrivedOn(topic)])),
          lag: lagOf(stage, sight),
          usable: sight.lagUpTo(usableLag([Number.POSITIVE_INFINITY], stage.concurrency)),
          partitions: stage.consumes.reduce((total, { partitions }) => total + partitions, 0),
          ...(sight.processorWait ? { processorWait: sight.processorWait(now) } : {}),
        })
      control.spread()
    },
    decide: (name, current) => {
      const member = stages.get(name)
      if (!member) throw new RangeError(`${name} has not joined the flow control`)
      const lag = lagOf(member.stage, member.sight)
      const waiting = [...lag.values()].reduce((sum, each) => sum + each, 0)
      return control?.decide(name, current, lag) ?? unmeasuredDecision(current, member.stage.rules.hpa, waiting)
    },
  }
}

function rulesOf({ name, consumes, concurrency, declaredWorkSeconds, backlog, rules }: StageScenario): FlowRules {
  return {
    name,
    topics: consumes.map(({ topic }) => topic),
    concurrency,
    workSeconds: declaredWorkSeconds,
    scaling: { ...backlog, minReplicas: rules.minReplicas, maxReplicas: rules.hpa.maxReplicas },
  }
}

function lagOf({ consumes }: StageScenario, sight: Sight): ReadonlyMap<string, number> {
  return new Map(consumes.map(({ topic }) => [topic, sight.lagOf(topic).lag]))
}
