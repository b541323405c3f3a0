// What do the observers of several namespaces show together? To each viewer only the namespaces
// that they may see, from the same observations.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { ConsoleState, PartHistory, StateChange } from '../model/state.ts'
import type { Observer } from './observer.ts'

/** undefined means all. */
export type VisibleNamespaces = ReadonlySet<string> | undefined

export interface Observers {
  readonly namespaces: readonly string[]
  state(visible: VisibleNamespaces): ConsoleState
  /** With the troubles of all namespaces that these viewers see. */
  seenChange(change: StateChange, visible: VisibleNamespaces): StateChange
  /** By `<namespace>/<name>`, as the last look found it. */
  pipeline(key: string): OrderPipeline | undefined
  history(pipeline: string): Readonly<Record<string, PartHistory>>
  /** Called with each change and its namespace, until the returned function is called. */
  listen(take: (change: StateChange, namespace: string) => void): () => void
}

export function observersOf(observers: readonly Observer[]): Observers {
  const byNamespace = new Map(observers.map((observer) => [observer.state.namespace, observer]))
  const [first] = observers
  if (!first) throw new Error('a console shows a namespace')
  const of = (key: string): Observer | undefined => byNamespace.get(key.slice(0, key.indexOf('/')))
  const visibleStates = (visible: VisibleNamespaces): readonly ConsoleState[] =>
    observers.map(({ state }) => state).filter(({ namespace }) => visible === undefined || visible.has(namespace))
  const troubleOf = (states: readonly ConsoleState[]) => {
    const troubles = states.flatMap(({ trouble }) => trouble ?? [])
    return troubles.length === 0 ? {} : { trouble: [...new Set(troubles)].join(' ') }
  }
  return {
    namespaces: [...byNamespace.keys()],
    state: (visible) => {
      const states = visibleStates(visible)
      const { trouble: _own, ...base } = first.state
      return {
        ...base,
        at: Math.max(...states.map(({ at }) => at)),
        namespace: states.map(({ namespace }) => namespace).join(', '),
        pipelines: states.flatMap(({ pipelines }) => pipelines),
        ...troubleOf(states),
      }
    },
    seenChange: ({ trouble: _one, ...change }, visible) => ({ ...change, ...troubleOf(visibleStates(visible)) }),
    pipeline: (key) => of(key)?.pipeline(key),
    history: (pipeline) => of(pipeline)?.history(pipeline) ?? {},
    listen: (take) => {
      const stops = observers.map((observer) => observer.listen((change) => take(change, observer.state.namespace)))
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
