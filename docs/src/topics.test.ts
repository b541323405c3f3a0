// Does the table of topics in docs/concepts/architecture.md say what the table of built-in stages
// says?
import { readFileSync } from 'node:fs'
import { builtInStageNames, builtInStages, definitions } from '@orderpipeline/order-events'
import type { BuiltInStage } from '@orderpipeline/order-events'
import { expect, it } from 'vitest'

const text = readFileSync(new URL('../concepts/architecture.md', import.meta.url), 'utf8')
const rows = [...text.matchAll(/^\| `([a-z.]+)` \|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)]
  .filter(([, topic = '']) => Object.values(definitions).some((definition) => definition.topic === topic))
  .map(([, topic = '', events = '', writers = '', readers = '']) => ({
    topic,
    events: [...events.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted(),
    writers: stagesIn(writers),
    readers: stagesIn(readers),
  }))

function stagesIn(cell: string): string[] {
  return builtInStageNames.filter((name) => new RegExp(`\\b${name}\\b`).test(cell)).toSorted()
}

const topics = [...new Set(Object.values(definitions).map(({ topic }) => topic))]

it.each(topics)('%s: its row names its events, its producers and its consumers', (topic) => {
  const events = Object.entries(definitions).filter(([, definition]) => definition.topic === topic)
  const types = events.map(([type]) => type)
  const having = (of: (stage: BuiltInStage) => readonly string[]) =>
    builtInStageNames.filter((name) => of(builtInStages[name]).some((type) => types.includes(type))).toSorted()
  expect(rows.find((row) => row.topic === topic)).toEqual({
    topic,
    events: types.toSorted(),
    writers: having(({ emits, emitsToo = [] }) => [...emits, ...emitsToo]),
    readers: having(({ handles, handlesToo = [] }) => [...handles, ...handlesToo]),
  })
})
