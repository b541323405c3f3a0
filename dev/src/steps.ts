// What does the person waiting see of a start? A line when a step that takes longer begins, and one
// when it is done.
import type { Environment } from '@orderpipeline/cli/embedding'
import { duration } from '@orderpipeline/cluster/supervised'
import type { StepProgress } from '@orderpipeline/cluster/supervised'

export interface Steps {
  run<T>(title: string, work: (progress: StepProgress) => Promise<T>): Promise<T>
  end(): void
}

/** What is over sooner needs no line of its own. */
const patienceMs = 2_500
const stillMs = 20_000

export function steps({ stderr }: Pick<Environment, 'stderr'>): Steps {
  const timers = new Set<NodeJS.Timeout>()
  const write = (line: string): void => void stderr.write(`${line}\n`)
  return {
    run: async (title, work) => {
      const startedAt = performance.now()
      let expectedMs: number | undefined
      let doing = ''
      const announce = setTimeout(() => {
        const estimate = expectedMs === undefined ? '' : ` (about ${duration(expectedMs)})`
        write(`… ${title}${estimate}${doing ? `: ${doing}` : ''}`)
      }, patienceMs)
      const still = setInterval(
        () => write(`… ${title}, for ${duration(performance.now() - startedAt)} now${doing ? `: ${doing}` : ''}`),
        stillMs,
      )
      timers.add(announce).add(still)
      const stop = (): void => {
        clearTimeout(announce)
        clearInterval(still)
      }
      try {
        const result = await work({
          note: (text) => (doing = text),
          expect: (ms) => (expectedMs = ms),
        })
        write(`✓ ${title} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`)
        return result
      } finally {
        stop()
      }
    },
    end: () => {
      for (const timer of timers) {
        clearTimeout(timer)
        clearInterval(timer)
      }
      timers.clear()
    },
  }
}
