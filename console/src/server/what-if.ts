// How is "what if" answered? By a dry run of the pipeline as it is; one at a time, for it is work.
import type { OrderPipeline, OrderPipelineSpec } from '@orderpipeline/operator/api'
import { questionIn } from '../model/what-if.ts'
import type { WhatIfRequest, WhatIf } from '../model/what-if.ts'
import { problem } from './answer.ts'
import type { HttpAnswer } from './answer.ts'

/** @throws CommandError where the pipeline cannot be simulated */
export type DryRunner = (
  pipeline: { readonly name: string; readonly spec: OrderPipelineSpec },
  question: WhatIfRequest,
) => Promise<WhatIf>

export function forecaster(run: DryRunner) {
  let running = false
  return async ({ metadata, spec }: OrderPipeline, query = new URLSearchParams()): Promise<HttpAnswer> => {
    let question: WhatIfRequest | undefined
    try {
      question = questionIn(query)
    } catch (error) {
      if (error instanceof RangeError) return problem(400, error.message)
      throw error
    }
    if (!question) return problem(400, 'rate: found none; allowed: orders a second')
    if (running) return problem(503, 'Another dry run is going on; ask again when it is over.')
    running = true
    try {
      return { status: 200, body: await run({ name: metadata.name, spec }, question) }
    } finally {
      running = false
    }
  }
}
