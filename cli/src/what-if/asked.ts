// How is a dry run made for the console without holding it up? In a thread, which is ended when it
// takes too long; in the command line as one file, which has no second file to begin a thread with,
// where it is asked.
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Question, WhatIf } from '@orderpipeline/console'
import { CommandFailed } from '../environment.ts'
import type { PipelineFile } from '../capacity/pipeline-file.ts'
import { whatIf } from './forecast.ts'

const longestMs = 30_000
const file = new URL('./worker.ts', import.meta.url)

/** @throws CommandFailed */
export async function askedWhatIf(pipeline: PipelineFile, question: Question): Promise<WhatIf> {
  if (!existsSync(file)) return whatIf(pipeline, question)
  const worker = new Worker(file, { workerData: { pipeline, question } })
  const timer = setTimeout(() => void worker.terminate(), longestMs)
  try {
    return await new Promise<WhatIf>((resolve, reject) => {
      worker.on('message', (said: { readonly answer?: WhatIf; readonly failed?: string }) => {
        if (said.answer) resolve(said.answer)
        else reject(new CommandFailed(said.failed ?? 'The dry run gave no answer.'))
      })
      worker.on('error', reject)
      worker.on('exit', () =>
        reject(new CommandFailed(`The dry run took longer than ${longestMs / 1_000} s; ask for less.`)),
      )
    })
  } finally {
    clearTimeout(timer)
    void worker.terminate()
  }
}
