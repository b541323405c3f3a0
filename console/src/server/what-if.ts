// How is "what if" answered? By a dry run of the pipeline as it is. It is seconds of work, so one
// is made at a time; a few wait for their turn.
import { CommandError } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { questionIn } from '../model/what-if.ts'
import type { WhatIfRequest } from '../model/what-if.ts'
import type { DryRunner } from '../what-if/what-if-thread.ts'
import { problem } from './answer.ts'
import type { HttpAnswer } from './answer.ts'

/** With the one that is made. A person may change the question before the answer is there. */
const mostAtOnce = 4

export function forecaster(run: DryRunner) {
  let turn: Promise<unknown> = Promise.resolve()
  let count = 0
  return async ({ metadata, spec }: OrderPipeline, query = new URLSearchParams()): Promise<HttpAnswer> => {
    const question = questionOrProblem(query)
    if ('status' in question) return question
    if (count >= mostAtOnce) return problem(503, 'Other dry runs are going on; ask again when they are over.')
    count += 1
    const answer = turn.then(() => run({ name: metadata.name, spec }, question))
    turn = answer.catch(() => undefined)
    try {
      return { status: 200, body: await answer }
    } catch (error) {
      if (error instanceof CommandError) return problem(422, error.message)
      throw error
    } finally {
      count -= 1
    }
  }
}

function questionOrProblem(query: URLSearchParams): WhatIfRequest | HttpAnswer {
  try {
    return questionIn(query) ?? problem(400, 'rate: found none; allowed: orders a second, or a trace')
  } catch (error) {
    if (error instanceof RangeError) return problem(400, error.message)
    throw error
  }
}
