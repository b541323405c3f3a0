// How do many viewers cost the cluster no more than one? One loop looks, keeps the history, and
// hands each change to all who listen.
import { sleep } from '@orderpipeline/retry'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { changeBetween } from '../model/change.ts'
import { History } from '../model/history.ts'
import { keyOf } from '../model/state.ts'
import type { ConsoleState, PartHistory, StateChange } from '../model/state.ts'
import { pipelineState } from './pipeline-state.ts'
import type { Source } from './source.ts'

export interface Observer {
  readonly state: ConsoleState
  /** As the last look found it, by `<namespace>/<name>`. */
  pipeline(key: string): OrderPipeline | undefined
  /** By part; empty for a pipeline that is not known. */
  history(pipeline: string): Readonly<Record<string, PartHistory>>
  /** Called with each change, until the function that is returned is called. */
  listen(take: (change: StateChange) => void): () => void
  /** Until the signal; a look that fails is said and tried again. */
  run(signal: AbortSignal): Promise<void>
  /** One look. */
  step(): Promise<void>
}

export interface ObserverOptions {
  readonly command: string
  readonly writes?: boolean
  readonly tries?: boolean
  readonly traceUrl?: string | undefined
  readonly devServicesUrl?: string | undefined
  readonly hasPrometheus?: boolean
  /** From one read to the next while a page is open. */
  readonly watchedMs?: number
  /** From one read to the next for the history alone. */
  readonly unwatchedMs?: number
}

export function createObserver(source: Source, options: ObserverOptions): Observer {
  const { watchedMs = 600, unwatchedMs = 5_000 } = options
  const history = new History()
  const listeners = new Set<(change: StateChange) => void>()
  const sentTexts = new Map<string, string>()
  let currentPipelines: readonly OrderPipeline[] = []
  let wake: AbortController | undefined
  let state = stateBefore(source, options)

  const look = async (): Promise<ConsoleState> => {
    try {
      const { at, pipelines, listed, flows, events } = await source.look()
      currentPipelines = pipelines
      const { trouble: _none, ...rest } = state
      return {
        ...rest,
        at,
        pipelines: pipelines.map((pipeline) => {
          const key = `${source.namespace}/${pipeline.metadata.name}`
          return pipelineState(pipeline, { listed, ...(flows && { flows }), ...(events && { events }) }, (part, lag) =>
            history.past(key, part, { at, lag: lag ?? null }),
          )
        }),
      }
    } catch (error) {
      return { ...state, trouble: error instanceof Error ? error.message : String(error) }
    }
  }
  const step = async (): Promise<void> => {
    const before = state.trouble
    state = await look()
    const additions = state.trouble === undefined ? history.record(state) : { samples: {}, scalings: [] }
    const change = changeBetween(sentTexts, state, additions, before)
    if (change) for (const take of listeners) take(change)
  }

  return {
    get state() {
      return state
    },
    pipeline: (key) => currentPipelines.find(({ metadata }) => `${source.namespace}/${metadata.name}` === key),
    history: (pipeline) => (state.pipelines.some((one) => keyOf(one) === pipeline) ? history.of(pipeline) : {}),
    listen: (take) => {
      listeners.add(take)
      wake?.abort()
      return () => listeners.delete(take)
    },
    step,
    run: async (signal) => {
      while (!signal.aborted) {
        const startedAt = performance.now()
        await step()
        const tookMs = performance.now() - startedAt
        wake = new AbortController()
        const periodMs = listeners.size > 0 ? watchedMs : unwatchedMs
        await sleep(restMs(tookMs, periodMs), AbortSignal.any([signal, wake.signal]))
      }
    },
  }
}

const longestRestMs = 5_000

/**
 * After a look that took so long: until the period is over. A slow API server is not pressed: a
 * long look is followed by a rest as long, within bounds. Pure.
 */
export function restMs(tookMs: number, periodMs: number): number {
  return Math.max(periodMs - tookMs, Math.min(tookMs, longestRestMs))
}

function stateBefore(source: Source, options: ObserverOptions): ConsoleState {
  return {
    ...{ at: Date.now(), cluster: source.cluster, namespace: source.namespace, pipelines: [] },
    ...{ command: options.command, writes: options.writes ?? false, tries: options.tries ?? false },
    ...(options.traceUrl === undefined ? {} : { traceUrl: options.traceUrl }),
    ...(options.devServicesUrl === undefined ? {} : { devServicesUrl: options.devServicesUrl }),
    ...(options.hasPrometheus ? { hasPrometheus: true as const } : {}),
    trouble: 'Not looked yet.',
  }
}
