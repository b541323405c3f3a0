// How does the console make a dry run without blocking? In a thread, which is ended when it takes
// too long or too much memory. The command line as one file has no second file to start a thread
// with: there it runs in place.
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { CommandError } from '@orderpipeline/client'
import type { SimulatedPipeline } from '@orderpipeline/client/simulation'
import type { WhatIf, WhatIfRequest } from '../model/what-if.ts'

/** @throws CommandError where the pipeline cannot be simulated, or not under this load */
export type DryRunner = (pipeline: SimulatedPipeline, question: WhatIfRequest) => Promise<WhatIf>

const longestMs = 30_000
/** A thread has a heap of its own, and the console in a cluster little memory. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 }
/** In the sources, and in the folder of the image's programs. */
const places = [new URL('./worker.ts', import.meta.url), new URL('./threads/what-if.mjs', import.meta.url)]

/** @throws CommandError */
export const whatIfInThread: DryRunner = async (pipeline, question) => {
  const file = places.find((place) => existsSync(place))
  if (file === undefined) return (await import('./forecast.ts')).whatIf(pipeline, question)
  const worker = new Worker(file, { workerData: { pipeline, question }, resourceLimits })
  const timer = setTimeout(() => void worker.terminate(), longestMs)
  try {
    return await new Promise<WhatIf>((resolve, reject) => {
      worker.on('message', (message: { readonly answer?: WhatIf; readonly failed?: string }) => {
        if (message.answer) resolve(message.answer)
        else reject(new CommandError(message.failed ?? 'The simulation gave no result.'))
      })
      worker.on('error', (error: NodeJS.ErrnoException) => reject(tooLarge(error) ?? error))
      worker.on('exit', () =>
        reject(new CommandError(`The simulation took longer than ${longestMs / 1_000} s; ${smaller}.`)),
      )
    })
  } finally {
    clearTimeout(timer)
    void worker.terminate()
  }
}

const smaller = 'choose a shorter time or a smaller load'

function tooLarge({ code }: NodeJS.ErrnoException): CommandError | undefined {
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new CommandError(`The simulation took more than ${resourceLimits.maxOldGenerationSizeMb} MB; ${smaller}.`)
    : undefined
}
