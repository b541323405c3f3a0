// How does the console make a dry run without blocking? In a thread, which is ended when it takes
// too long. The command line as one file has no second file to start a thread with: there it runs
// in place.
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { WhatIfRequest, WhatIf } from '@orderpipeline/console'
import { CommandError } from '../environment.ts'
import type { PipelineFile } from '../capacity/pipeline-file.ts'
import { whatIf } from './forecast.ts'

const longestMs = 30_000
const file = new URL('./worker.ts', import.meta.url)

/** @throws CommandError */
export async function whatIfInThread(pipeline: PipelineFile, question: WhatIfRequest): Promise<WhatIf> {
  if (!existsSync(file)) return whatIf(pipeline, question)
  const worker = new Worker(file, { workerData: { pipeline, question } })
  const timer = setTimeout(() => void worker.terminate(), longestMs)
  try {
    return await new Promise<WhatIf>((resolve, reject) => {
      worker.on('message', (message: { readonly answer?: WhatIf; readonly failed?: string }) => {
        if (message.answer) resolve(message.answer)
        else reject(new CommandError(message.failed ?? 'The simulation gave no result.'))
      })
      worker.on('error', reject)
      worker.on('exit', () =>
        reject(
          new CommandError(
            `The simulation took longer than ${longestMs / 1_000} s; choose a shorter time or a smaller load.`,
          ),
        ),
      )
    })
  } finally {
    clearTimeout(timer)
    void worker.terminate()
  }
}
