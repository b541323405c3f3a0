// How fast do pods come up? One after the other at the rate the nodes start them, then each takes
// its time to run.
export interface SimulatedPod {
  /** Ended before it was started. */
  gone: boolean
}

export interface StartOptions {
  /** From its turn to joining its group: sandbox, image, process. */
  readonly podStartMs: number
  /** Pods all nodes together start in a second. */
  readonly startsPerSecond: number
}

export interface Nodes {
  /** Since when no pod waits for its turn or comes up; undefined while one does. */
  readonly quietSince: number | undefined
  start(pod: SimulatedPod, onRunning: (now: number) => void): void
  advance(now: number): void
}

export function createNodes({ podStartMs, startsPerSecond }: StartOptions): Nodes {
  const waiting: { readonly pod: SimulatedPod; readonly onRunning: (now: number) => void }[] = []
  const coming: { readonly pod: SimulatedPod; readonly at: number; readonly onRunning: (now: number) => void }[] = []
  const everyMs = 1_000 / startsPerSecond
  let turn = 0
  let quietSince: number | undefined = 0

  return {
    get quietSince() {
      return quietSince
    },
    start: (pod, onRunning) => {
      waiting.push({ pod, onRunning })
      quietSince = undefined
    },
    advance: (now) => {
      while (waiting.length > 0 && turn <= now) {
        const next = waiting.shift()
        if (!next || next.pod.gone) continue
        // Turns that no pod used are lost.
        turn = (turn < now - everyMs ? now : turn) + everyMs
        coming.push({ ...next, at: now + podStartMs })
      }
      const firstPending = coming.findIndex(({ at }) => at > now)
      const up = firstPending === -1 ? coming.splice(0) : coming.splice(0, firstPending)
      for (const { pod, onRunning } of up) if (!pod.gone) onRunning(now)
      if (waiting.length + coming.length === 0) quietSince ??= now
    },
  }
}
