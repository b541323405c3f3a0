// A dry run in a thread of its own: it is seconds of work, and must not block its caller.
import { parentPort, workerData } from 'node:worker_threads'
import { CommandError } from '@orderpipeline/client/simulation'
import { whatIf } from './forecast.ts'

const { pipeline, question } = workerData as {
  readonly pipeline: Parameters<typeof whatIf>[0]
  readonly question: Parameters<typeof whatIf>[1]
}
try {
  parentPort?.postMessage({ answer: whatIf(pipeline, question) })
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  parentPort?.postMessage({ failed: error.message })
}
