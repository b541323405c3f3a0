// How fast does the operator decide about a pipeline: which objects it needs, what is to be done,
// and what its status says?
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type * as Operator from '@orderpipeline/operator/pipeline'
import type { MicroCase } from '../case.ts'
import type { Tree } from '../tree.ts'
import { operatorSettings, settledObjects, shopPipeline } from './shop.ts'

type Decisions = Pick<typeof Operator, 'desired' | 'plan' | 'statusOf'>

export const operatorCases: readonly MicroCase[] = [
  {
    name: 'plan: desired objects of a pipeline that runs',
    prepare: async (tree) => {
      const { desired, pipeline, objects, children } = await runningShop(tree)
      return repeatedly(2, () => desired(pipeline, children, operatorSettings).length === objects.length)
    },
  },
  {
    name: 'plan: a new pipeline',
    prepare: async (tree) => {
      const { plan, pipeline, objects } = await runningShop(tree)
      return repeatedly(50, () => plan(objects, [], pipeline).length === objects.length)
    },
  },
  {
    name: 'plan: nothing to do',
    prepare: async (tree) => {
      const { plan, pipeline, objects, children } = await runningShop(tree)
      return repeatedly(20, () => plan(objects, children, pipeline).length === 0)
    },
  },
  {
    name: 'status: of a pipeline that runs',
    prepare: async (tree) => {
      const { statusOf, pipeline, children } = await runningShop(tree)
      const lag = new Map(
        pipeline.spec.stages.map(({ name }, index) => [
          name,
          { lag: 40 * index, arrivedPerSecond: 160, consumedPerSecond: 158.5, deadLetters: 0 },
        ]),
      )
      const throughput = new Map(pipeline.spec.stages.map(({ name }) => [name, { workSeconds: 0.02 }]))
      const observation = { pipeline, children, problems: [], failures: [], lag, throughput }
      const before: OrderPipeline = { ...pipeline, status: statusOf(observation, '2026-01-02T03:04:05Z') }
      const now = '2026-01-02T03:05:05Z'
      const stages = pipeline.spec.stages.length
      return repeatedly(20, () => statusOf({ ...observation, pipeline: before }, now).stages?.length === stages)
    },
  },
]

async function runningShop(tree: Tree) {
  const decisions = await tree.load<Decisions>('@orderpipeline/operator/pipeline', ['desired', 'plan', 'statusOf'])
  const pipeline = shopPipeline()
  // What runs decides about what is desired, such as a version that is known to be ready.
  const first = settledObjects(decisions.desired(pipeline, [], operatorSettings))
  const children = settledObjects(decisions.desired(pipeline, first, operatorSettings))
  const objects = decisions.desired(pipeline, children, operatorSettings)
  return { ...decisions, pipeline, children, objects }
}

function repeatedly(operations: number, isAsExpected: () => boolean) {
  const each = Array.from({ length: operations })
  return { operations, run: () => each.filter(isAsExpected).length }
}
