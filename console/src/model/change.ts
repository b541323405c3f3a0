// What changed between two looks, and what follows from a change? The server sends changes; the
// page applies them.
import { keyOf } from './state.ts'
import type { ConsoleState, PipelineState, StateChange } from './state.ts'

/**
 * undefined where a viewer would see no difference. `texts` holds what was last sent of each
 * pipeline and is brought up to date.
 */
export function changeBetween(
  texts: Map<string, string>,
  state: ConsoleState,
  additions: Pick<StateChange, 'samples' | 'scalings'>,
  troubleBefore: string | undefined,
): StateChange | undefined {
  const changedPipelines: PipelineState[] = []
  const present = new Set<string>()
  for (const pipeline of state.pipelines) {
    const key = keyOf(pipeline)
    present.add(key)
    const text = JSON.stringify(pipeline)
    if (texts.get(key) === text) continue
    texts.set(key, text)
    changedPipelines.push(pipeline)
  }
  const deletedKeys = [...texts.keys()].filter((key) => !present.has(key))
  for (const key of deletedKeys) texts.delete(key)
  const { samples = {}, scalings = [] } = additions
  const hasSamples = Object.keys(samples).length > 0
  const same = state.trouble === troubleBefore
  if (changedPipelines.length === 0 && deletedKeys.length === 0 && !hasSamples && scalings.length === 0 && same)
    return undefined
  return {
    at: state.at,
    pipelines: changedPipelines,
    gone: deletedKeys,
    ...(state.trouble === undefined ? {} : { trouble: state.trouble }),
    ...(hasSamples ? { samples } : {}),
    ...(scalings.length > 0 ? { scalings } : {}),
  }
}

export function changedState(state: ConsoleState, change: StateChange): ConsoleState {
  const changesByKey = new Map(change.pipelines.map((pipeline) => [keyOf(pipeline), pipeline]))
  const remaining = state.pipelines
    .filter((pipeline) => !change.gone.includes(keyOf(pipeline)))
    .map((pipeline) => {
      const key = keyOf(pipeline)
      const newer = changesByKey.get(key) ?? pipeline
      changesByKey.delete(key)
      return newer
    })
  const { trouble: _old, ...rest } = state
  return {
    ...rest,
    at: change.at,
    pipelines: [...remaining, ...changesByKey.values()],
    ...(change.trouble === undefined ? {} : { trouble: change.trouble }),
  }
}
