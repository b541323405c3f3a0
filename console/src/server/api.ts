// What does the page read besides the stream? The history of a pipeline, an order, and the dead
// letters. All bounded in time and number.
import { CommandError } from '@orderpipeline/client'
import { DeadlineExceededError, every, withDeadline } from '@orderpipeline/retry'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { filterIn } from '../model/dead-letter-filter.ts'
import { deadLettersAmong } from '../model/dead-letter-search.ts'
import type { DeadLetterSummary } from '../model/dead-letters.ts'
import { longRangeOf, longRanges } from '../model/long-range.ts'
import type { LongHistories } from '../prometheus/long-histories.ts'
import type { PipelineName } from '../prometheus/range-queries.ts'
import { decoded, problem, statusOf } from './answer.ts'
import type { HttpAnswer } from './answer.ts'
import { pipelineKey } from './dead-letter-actions.ts'
import { gatewayLookups } from './gateway-lookups.ts'
import type { Observers } from './observers.ts'
import type { OnDemand, Visitor } from './visitor.ts'
import { forecaster } from './what-if.ts'
import type { DryRunner } from '../what-if/what-if-thread.ts'

export interface Api {
  /** undefined where the path is not of the API. The visitor may see the pipeline of the path. */
  answer(path: string, visitor: Visitor, query?: URLSearchParams, staffToken?: string): Promise<HttpAnswer | undefined>
  /** The dead letters of a pipeline, `<namespace>/<name>`, have changed. */
  forget(pipeline: string): void
}

/**
 * A topic that is read to its end costs Kafka something: all who look within this time share one
 * reading.
 */
const lettersCacheMs = 10_000
const lettersTimeoutMs = 30_000

/** `long`: absent where the console reads no Prometheus. */
export function createApi(
  observers: Pick<Observers, 'history' | 'pipeline'>,
  whatIf: DryRunner,
  long?: LongHistories,
): Api {
  const longAnswer = longAnswers(long)
  const forecasts = forecaster(whatIf)
  const deadLetters = lettersReader()
  const lookUp = gatewayLookups()

  return {
    forget: deadLetters.forget,
    answer: async (path, visitor, query, staffToken) => {
      const [root, kind, namespace, name, id, ...more] = path.split('/').filter(Boolean).map(decoded)
      if (root !== 'api') return undefined
      if (namespace === undefined || name === undefined || more.length > 0)
        return problem(404, 'There is no such address.')
      const livePipeline = observers.pipeline(`${namespace}/${name}`)
      if (!livePipeline) return problem(404, `There is no pipeline ${namespace}/${name} here.`)
      try {
        if (kind === 'history' && id !== undefined)
          return await longAnswer({ namespace, name }, id, Number(query?.get('minutes')))
        if (kind === 'history') return { status: 200, body: observers.history(`${namespace}/${name}`) }
        if (kind === 'what-if' && id === undefined) return await forecasts(livePipeline, query)
        const source = visitor.onDemand(namespace)
        if ((kind === 'orders' || kind === 'customers') && id !== undefined) {
          const refusal = await visitor.readRefusal(livePipeline, 'orders')
          if (refusal !== undefined) return problem(403, refusal)
          if (kind === 'orders') return await lookUp.order(source, name, id, staffToken)
          return await lookUp.orders(source, name, id, query?.get('cursor') ?? undefined)
        }
        if (kind === 'stock' && id === undefined) {
          const refusal = await visitor.readRefusal(livePipeline, 'orders')
          if (refusal !== undefined) return problem(403, refusal)
          return await lookUp.stock(source, name, query ?? new URLSearchParams(), staffToken)
        }
        if (kind === 'channels' && id !== undefined) {
          const refusal = await visitor.readRefusal(livePipeline, 'orders')
          if (refusal !== undefined) return problem(403, refusal)
          const hidden = await visitor.readRefusal(livePipeline, 'payloads')
          return hidden === undefined ? await lookUp.channels(source, name, id) : { status: 200, body: { hidden } }
        }
        if (kind === 'dead-letters' && id === undefined) {
          const refusal = await visitor.readRefusal(livePipeline, 'letters')
          if (refusal !== undefined) return problem(403, refusal)
          const { all, at } = await deadLetters.of(livePipeline, source)
          return { status: 200, body: deadLettersAmong(all, filterIn(query ?? new URLSearchParams()), at) }
        }
      } catch (error) {
        if (error instanceof CommandError)
          return problem(statusOf(error), [error.message, error.advice].filter(Boolean).join('\n'))
        if (error instanceof DeadlineExceededError) return problem(502, `Kafka is slow: ${error.message}.`)
        throw error
      }
      return problem(404, 'There is no such address.')
    },
  }
}

function longAnswers(long: LongHistories | undefined) {
  return async (pipeline: PipelineName, part: string, minutes: number): Promise<HttpAnswer> => {
    const range = longRangeOf(minutes)
    if (!range)
      return problem(400, `minutes: found ${minutes}; allowed: ${longRanges.map((one) => one.minutes).join(' or ')}`)
    if (!long) return problem(404, 'This console reads no Prometheus.')
    return { status: 200, body: await long(pipeline, part, range) }
  }
}

interface Reading {
  readonly at: number
  readonly all: readonly DeadLetterSummary[]
}

/** Who may see the letters of a pipeline shares the reading of a colleague who may. */
function lettersReader() {
  const readings = new Map<string, (pipeline: OrderPipeline, source: OnDemand) => Promise<Reading>>()
  const read = async (pipeline: OrderPipeline, source: OnDemand): Promise<Reading> => {
    const all = await withDeadline(lettersTimeoutMs, 'reading the dead letters', source.letters(pipeline))
    // Many dead letters are many bytes: they are not kept longer than they are shared.
    setTimeout(() => readings.delete(pipelineKey(pipeline)), lettersCacheMs).unref()
    return { at: Date.now(), all }
  }
  return {
    of: (pipeline: OrderPipeline, source: OnDemand): Promise<Reading> => {
      const key = pipelineKey(pipeline)
      const reading = readings.get(key) ?? every(lettersCacheMs, read)
      readings.set(key, reading)
      return reading(pipeline, source)
    },
    forget: (pipeline: string): void => void readings.delete(pipeline),
  }
}
