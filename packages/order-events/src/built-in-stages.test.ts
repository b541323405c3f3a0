// Does the table of built-in stages agree with itself and with the events?
import { expect, it } from 'vitest'
import {
  allConsumedTopics,
  allEmittedTopics,
  builtInStageNames,
  builtInStages,
  gatewayEmits,
  gatewayEmitsToo,
  handledEvents,
} from './built-in-stages.ts'
import type { BuiltInStage } from './built-in-stages.ts'
import { definitions } from './definitions.ts'

const stages: readonly BuiltInStage[] = Object.values(builtInStages)

it('every built-in event has a handler and a producer', () => {
  const all = Object.keys(definitions)
  expect(all.filter((type) => !builtInStageNames.some((name) => handledEvents(name).includes(type as never)))).toEqual(
    [],
  )
  const emitted = [
    ...[...gatewayEmits, ...gatewayEmitsToo],
    ...stages.flatMap(({ emits, emitsToo = [] }) => [...emits, ...emitsToo]),
  ]
  // Holds, recommendations and carts come from stages of a user's own.
  expect(all.filter((type) => !emitted.includes(type as never))).toEqual([
    'HoldRequested',
    'ProductsRecommended',
    'CartAbandoned',
    'CartClosed',
  ])
})

it.each(builtInStageNames)('%s: its flows lead from the events it consumes to those it emits', (name) => {
  const { flows }: BuiltInStage = builtInStages[name]
  for (const { from, to, ratio } of flows) {
    expect(allConsumedTopics[name]).toContain(from)
    expect(allEmittedTopics[name]).toContain(to)
    expect(ratio).toBeGreaterThan(0)
  }
  expect(new Set(flows.map(({ to }) => to)).size).toBe(allEmittedTopics[name].length)
})
