// When does the pipeline say that it is Ready, and why does it not?
import { sleep } from '@orderpipeline/retry'
import type { OrderPipeline } from '@orderpipeline/operator/api'

const longestMs = 120_000

/** Prints one line: when it is Ready, or after two minutes why it is not. */
export async function printWhenReady(
  pipeline: () => OrderPipeline | undefined,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const startedAt = performance.now()
  while (!signal.aborted) {
    const { status } = pipeline() ?? {}
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status === 'True') return print(`Ready: ${status?.totals?.replicas ?? ''} replicas.`)
    if (performance.now() - startedAt > longestMs)
      return print(`Not Ready yet: ${ready?.reason ?? ''}: ${ready?.message ?? ''}`)
    await sleep(500, signal)
  }
}
