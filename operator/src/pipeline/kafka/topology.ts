// Which messages follow from an order, and how many? Topics and stages as a graph, from consumes
// and emits.
//
// A spec says what a stage consumes and emits, not which message follows from which. For the
// built-in stages it is known. For others, unless a ratio says otherwise, a topic gets its messages
// when the orders first come to a stage that emits it, nearest the entrance first, one message for
// each message. So a choreography whose stages react to each other does not loop: a message that
// comes back to a stage later makes it emit nothing new.
import type { OrderPipelineSpec } from '../../api/index.ts'
import { flowsOfBuiltInStages } from './choreography.ts'
import type { Follows } from './choreography.ts'

/** The topic of a gateway whose spec does not say what it emits. */
const gatewayTopic = 'orders.placed'
/** Hops after which a loop that still multiplies messages never ends. */
const hopLimit = 10_000

export type Flow = Follows

export interface Topology {
  /** Where orders come in: one message an order on each. */
  readonly entrances: readonly string[]
  readonly flows: readonly Flow[]
  /** Messages an order makes on each topic; 0 on a topic that no message reaches. */
  readonly messagesPerOrder: ReadonlyMap<string, number>
}

/**
 * Messages on `to` for each message of `from`; without `from`, for each message of the topics from
 * which `to` follows by default.
 */
export interface Ratio {
  readonly from?: string
  readonly to: string
  readonly ratio: number
}

export class InvalidTopologyError extends Error {
  override readonly name = 'InvalidTopologyError'
  readonly reason = 'TopologyInvalid'
  readonly retry = false
}

/** @throws InvalidTopologyError */
export function topologyOf(spec: OrderPipelineSpec, ratios: readonly Ratio[] = []): Topology {
  const entrances = entrancesOf(spec)
  const explicit = ratios.flatMap((ratio) => (ratio.from === undefined ? [] : explicitFlows(spec, ratio)))
  const first = firstFlows(spec, entrances)
  for (const { from, to } of ratios) {
    if (from !== undefined || first.some((flow) => flow.to === to)) continue
    const topics = [...new Set(first.map((flow) => flow.to))]
    throw invalid(`--ratio ${to}`, to, `a topic that a stage emits (${topics.join(', ') || 'none'})`)
  }
  const ratioOf = (topic: string): number | undefined =>
    ratios.find(({ from, to }) => from === undefined && to === topic)?.ratio
  const byDefault = first.map((flow) => ({ ...flow, ratio: ratioOf(flow.to) ?? flow.ratio }))
  const isGiven = ({ from, to }: Flow): boolean => explicit.some((flow) => flow.from === from && flow.to === to)
  const flows = [...byDefault.filter((flow) => !isGiven(flow)), ...explicit].filter(({ ratio }) => ratio > 0)
  return { entrances, flows, messagesPerOrder: messagesPerOrder(spec, entrances, flows) }
}

function entrancesOf(spec: OrderPipelineSpec): string[] {
  const emitted = new Set(spec.stages.flatMap(({ emits = [] }) => emits.map(({ topic }) => topic)))
  const consumed = new Set(spec.stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))
  const gatewayTopics = (spec.gateway?.emits ?? (spec.gateway ? [{ topic: gatewayTopic }] : [])).map(
    ({ topic }) => topic,
  )
  // By a topic that a stage emits as well, the gateway sends something else about orders.
  const ofGatewayAlone = gatewayTopics.filter((topic) => !emitted.has(topic))
  const byGateway = ofGatewayAlone.length > 0 ? ofGatewayAlone : gatewayTopics
  const entrances = byGateway.length > 0 ? byGateway : [...consumed].filter((topic) => !emitted.has(topic))
  const consumedEntrances = entrances.filter((topic) => consumed.has(topic))
  if (consumedEntrances.length > 0) return consumedEntrances
  throw new InvalidTopologyError(
    `no stage consumes a topic by which orders arrive (${entrances.join(', ') || 'every topic is emitted by a stage'}); ` +
      'allowed: a gateway that emits, or a topic that no stage emits, with a stage that consumes it',
  )
}

/**
 * The known flows, and otherwise the first visit of each topic, nearest the entrance first; among
 * equals in the order of the spec.
 */
function firstFlows(spec: OrderPipelineSpec, entrances: readonly string[]): Flow[] {
  const builtInFlows = flowsOfBuiltInStages(spec)
  const visited = new Set(entrances)
  const flows: Flow[] = []
  const queue = [...entrances]
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    const topic = from
    for (const { name, emits = [] } of spec.stages.filter(({ consumes }) => consumes.some((c) => c.topic === topic)))
      for (const { topic: to } of emits) {
        const ofStage = builtInFlows.filter((flow) => flow.stage === name && flow.to === to)
        const flow = ofStage.find((each) => each.from === topic) ?? { stage: name, from: topic, to, ratio: 1 }
        if (ofStage.length > 0 ? !ofStage.includes(flow) : visited.has(to)) continue
        flows.push(flow)
        if (visited.has(to)) continue
        visited.add(to)
        queue.push(to)
      }
  }
  return flows
}

function explicitFlows(spec: OrderPipelineSpec, { from = '', to, ratio }: Ratio): Flow[] {
  const consumers = spec.stages.filter(({ consumes }) => consumes.some(({ topic }) => topic === from))
  const stages = consumers.filter(({ emits = [] }) => emits.some(({ topic }) => topic === to))
  if (stages.length > 0) return stages.map(({ name }) => ({ stage: name, from, to, ratio }))
  const possible = consumers.flatMap(({ emits = [] }) => emits.map(({ topic }) => topic))
  const expected =
    consumers.length === 0 ? 'a consumed topic before the colon' : `behind it one of ${possible.join(', ') || 'none'}`
  throw invalid(`--ratio ${from}:${to}`, `${from}:${to}`, expected)
}

/** @throws InvalidTopologyError where a loop makes more messages than it gets */
function messagesPerOrder(
  spec: OrderPipelineSpec,
  entrances: readonly string[],
  flows: readonly Flow[],
): Map<string, number> {
  const total = new Map(spec.topics.map(({ name }) => [name, 0]))
  let wave = new Map(entrances.map((topic) => [topic, 1]))
  for (let hop = 0; wave.size > 0; hop += 1) {
    const next = new Map<string, number>()
    for (const [topic, messages] of wave) {
      total.set(topic, (total.get(topic) ?? 0) + messages)
      for (const { from, to, ratio } of flows)
        if (from === topic && messages * ratio > 1e-9) next.set(to, (next.get(to) ?? 0) + messages * ratio)
    }
    if (hop >= hopLimit || [...next.values()].some((messages) => messages > 1e9))
      throw new InvalidTopologyError(
        `--ratio: messages on ${[...next.keys()].join(', ')} circulate for ever; allowed: loops that emit fewer messages than they consume`,
      )
    wave = next
  }
  return total
}

function invalid(where: string, value: string, expected: string): InvalidTopologyError {
  return new InvalidTopologyError(`${where}: found ${JSON.stringify(value)}; allowed: ${expected}`)
}
