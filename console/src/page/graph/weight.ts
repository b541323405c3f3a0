// How wide is a line for a backlog? By its order of magnitude: what matters is a thousand or a
// million. Pure.
import type { PartState } from '../../model/state.ts'
import type { GraphEdge } from './layout.ts'

export function lagWidth(lag: number): number {
  return Math.round(10 * Math.min(14, lag > 0 ? 2 + 2.2 * Math.log10(1 + lag) : 1.5)) / 10
}

/** The width where only the lag of the whole stage is known: there is some, perhaps here. */
const hintWidth = 2.5

export interface EdgeWeight {
  /** There may be a lag on this line. */
  readonly hasLag: boolean
  readonly width: number
}

/** The line from a topic to a stage that consumes it. */
export function edgeWeight(
  { lag = 0, lagByTopic, consumes }: Pick<PartState, 'lag' | 'lagByTopic' | 'consumes'>,
  { topic, isMain }: Pick<GraphEdge, 'topic' | 'isMain'>,
): EdgeWeight {
  const ofTopic = consumes.length === 1 ? lag : lag > 0 && lagByTopic ? (lagByTopic[topic] ?? 0) : undefined
  if (ofTopic !== undefined) return { hasLag: ofTopic > 0, width: lagWidth(ofTopic) }
  return { hasLag: lag > 0, width: isMain ? lagWidth(lag) : Math.min(lagWidth(lag), hintWidth) }
}
