// What changed between two looks, and what follows from a change? The server sends changes; the
// page applies them.
import { keyOf, type ConsoleState, type PipelineState, type StateChange } from './state.ts'

/**
 * undefined where a viewer would see no difference. `texts` holds what was last sent of each
 * pipeline and is brought up to date.
 */
export function changeBetween(
  texts: Map<string, string>,
  state: ConsoleState,
  recorded: Pick<StateChange, 'samples' | 'scalings'>,
  troubleBefore: string | undefined,
): StateChange | undefined {
  const changed: PipelineState[] = []
  const present = new Set<string>()
  for (const pipeline of state.pipelines) {
    const key = keyOf(pipeline)
    present.add(key)
    const text = JSON.stringify(pipeline)
    if (texts.get(key) === text) continue
    texts.set(key, text)
    changed.push(pipeline)
  }
  const gone = [...texts.keys()].filter((key) => !present.has(key))
  for (const key of gone) texts.delete(key)
  const { samples = {}, scalings = [] } = recorded
  const hasSamples = Object.keys(samples).length > 0
  const same = state.trouble === troubleBefore
  if (changed.length === 0 && gone.length === 0 && !hasSamples && scalings.length === 0 && same) return undefined
  return {
    at: state.at,
    pipelines: changed,
    gone,
    ...(state.trouble === undefined ? {} : { trouble: state.trouble }),
    ...(hasSamples ? { samples } : {}),
    ...(scalings.length > 0 ? { scalings } : {}),
  }
}

export function changedState(state: ConsoleState, change: StateChange): ConsoleState {
  const news = new Map(change.pipelines.map((pipeline) => [keyOf(pipeline), pipeline]))
  const kept = state.pipelines
    .filter((pipeline) => !change.gone.includes(keyOf(pipeline)))
    .map((pipeline) => {
      const key = keyOf(pipeline)
      const newer = news.get(key) ?? pipeline
      news.delete(key)
      return newer
    })
  const { trouble: _old, ...rest } = state
  return {
    ...rest,
    at: change.at,
    pipelines: [...kept, ...news.values()],
    ...(change.trouble === undefined ? {} : { trouble: change.trouble }),
  }
}
