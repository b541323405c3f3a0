// Does the table of built-in stages agree with itself and with the events?
import { expect, it } from 'vitest'
import {
  builtInStageNames,
  builtInStages,
  consumedTopics,
  emittedTopics,
  gatewayEmits,
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
  const emitted = [...gatewayEmits, ...stages.flatMap(({ emits }) => emits)]
  // Recommendations and carts come from stages of a user's own.
  expect(all.filter((type) => !emitted.includes(type as never))).toEqual([
    'ProductsRecommended',
    'CartAbandoned',
    'CartClosed',
  ])
})

it.each(builtInStageNames)('%s: its flows lead from the events it consumes to those it emits', (name) => {
  const { flows }: BuiltInStage = builtInStages[name]
  for (const { from, to, ratio } of flows) {
    expect(consumedTopics[name]).toContain(from)
    expect(emittedTopics[name]).toContain(to)
    expect(ratio).toBeGreaterThan(0)
  }
  expect(new Set(flows.map(({ to }) => to)).size).toBe(emittedTopics[name].length)
})
