// Which topic carries which events from which producers to which consumers? The drawing and the
// table of docs/concepts/architecture.md, made from the table of built-in stages. Pure.
import { builtInStages, definitions, gatewayEmits, gatewayEmitsToo } from '@orderpipeline/order-events'
import type { BuiltInStage, EventType, Topic } from '@orderpipeline/order-events'

/** The gateway and the stages, in the order in which an order meets them. */
export type Parts = Readonly<Record<string, Pick<BuiltInStage, 'handles' | 'handlesToo' | 'emits' | 'emitsToo'>>>

export const shopParts: Parts = {
  gateway: { handles: [], emits: gatewayEmits, emitsToo: gatewayEmitsToo },
  ...builtInStages,
}

const begin = '<!-- topics: written by npm run generate -->'
const end = '<!-- end of topics -->'

/** @throws Error where the page does not have the two comments, once each and in this order. */
export function withTopics(page: string, parts: Parts): string {
  const [before = '', ...others] = page.split(begin)
  const [, after, ...more] = others.join('').split(end)
  if (others.length !== 1 || after === undefined || more.length > 0)
    throw new Error(`found no place for the topics; allowed: one between ${begin} and ${end}`)
  return `${before}${begin}\n\n${drawing(parts)}\n\n${table(parts)}\n\n${end}${after}`
}

/** An arrow for each topic of every shop: those that only some pipelines have are in the table. */
function drawing(parts: Parts): string {
  const arrows = topics().flatMap((topic) => {
    const [producers, consumers] = [emitting(topic, parts), handling(topic, parts)].map((some) =>
      some.map(([name]) => name).join(' & '),
    )
    return producers && consumers ? [`  ${producers} -->|${topic}| ${consumers}`] : []
  })
  return ['```mermaid', 'flowchart LR', ...arrows, '```'].join('\n')
}

function table(parts: Parts): string {
  const rows = topics().map((topic) => {
    const types = typesOf(topic)
    const only = ([name, some]: Part) => (some.length === types.length ? name : `${name} (${codes(some)})`)
    const where = (some: readonly Part[], one: string, several: string) =>
      some.length === 0 ? [] : [...some.map(only), `where ${some.length === 1 ? one : several} the topic`]
    const producers = [
      ...emitting(topic, parts).map(only),
      ...where(emittingToo(topic, parts), 'it emits', 'they emit'),
    ]
    const consumers = [
      ...handling(topic, parts).map(only),
      ...where(handlingToo(topic, parts), 'it consumes', 'they consume'),
    ]
    return [`\`${topic}\``, codes(types), producers.join(', ') || 'a stage of your own', consumers.join(', ')]
  })
  const lines = [['topic', 'event types', 'produced by', 'consumed by'], Array<string>(4).fill('---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A part's name, and those of a topic's events that it emits or handles: one at least. */
type Part = readonly [name: string, types: readonly EventType[]]

function emitting(topic: Topic, parts: Parts): Part[] {
  return having(topic, parts, ({ emits }) => emits)
}

function emittingToo(topic: Topic, parts: Parts): Part[] {
  return having(topic, parts, ({ emitsToo = [] }) => emitsToo)
}

function handling(topic: Topic, parts: Parts): Part[] {
  return having(topic, parts, ({ handles }) => handles)
}

function handlingToo(topic: Topic, parts: Parts): Part[] {
  return having(topic, parts, ({ handlesToo = [] }) => handlesToo)
}

function having(topic: Topic, parts: Parts, eventsOf: (part: Parts[string]) => readonly EventType[]): Part[] {
  return Object.entries(parts)
    .map(([name, part]): Part => [name, typesOf(topic).filter((type) => eventsOf(part).includes(type))])
    .filter(([, types]) => types.length > 0)
}

function topics(): Topic[] {
  return [...new Set(Object.values(definitions).map(({ topic }) => topic))]
}

function typesOf(topic: Topic): EventType[] {
  return (Object.keys(definitions) as EventType[]).filter((type) => definitions[type].topic === topic)
}

function codes(types: readonly EventType[]): string {
  return types.map((type) => `\`${type}\``).join(', ')
}
