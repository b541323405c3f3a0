// When has a simulated replica handled each message? It has as many slots as the stage's
// concurrency; one that comes free is filled at once, even between two steps of the model, so that
// work of 130 ms in steps of 100 ms takes 130 ms and not 200. Used by replica.ts alone.

import type { Provider } from './provider.ts'

export interface Work {
  /** Messages in flight at once. */
  readonly concurrency: number
  readonly workMs: number
  /**
   * Length of a step of the model. Work shorter than that is done so many times in it, and ends
   * with the next.
   */
  readonly stepMs: number
  /** What every replica of the stage calls for each message; absent where they share nothing. */
  readonly provider?: Provider
}

export interface ConcurrencySlots {
  readonly inFlight: number
  /** Work that is over by `now`. */
  finish(now: number, onDone: (topic: number, messages: number) => void): void
  /** Free in this step. */
  open(now: number): number
  /** Fills so many of the open ones. */
  fill(now: number, topic: number, messages: number): void
}

interface Cohort {
  readonly due: number
  readonly topic: number
  readonly messages: number
}

export function createConcurrencySlots({ concurrency, workMs, stepMs, provider }: Work): ConcurrencySlots {
  const short = workMs < stepMs
  const perStep = (concurrency * stepMs) / workMs
  const takesMs = Math.max(workMs, stepMs)
  let inFlight = 0
  let free = [{ since: -Infinity, places: concurrency }]
  // Three and a half messages a step are three in one and four in the next.
  let part = 0
  let cohorts: Cohort[] = []
  let head = 0

  const end = ({ due, topic, messages }: Cohort, onDone: (topic: number, messages: number) => void): void => {
    inFlight -= messages
    const last = free.at(-1)
    if (last?.since === due) last.places += messages
    else if (!short) free.push({ since: due, places: messages })
    onDone(topic, messages)
  }

  return {
    get inFlight() {
      return inFlight
    },
    finish: (now, onDone) => {
      for (let next = cohorts[head]; next !== undefined && next.due <= now; next = cohorts[++head]) end(next, onDone)
      if (head > 100 && head * 2 > cohorts.length) {
        cohorts = cohorts.slice(head)
        head = 0
      }
    },
    open: (now) => {
      if (!short) return concurrency - inFlight
      const able = Math.floor(perStep + part)
      part = perStep + part - able
      // A message that waits for the provider keeps its place.
      const whole = provider?.isBehind(now) ? Math.max(0, Math.min(able, concurrency - inFlight)) : able
      free = [{ since: now, places: whole }]
      return whole
    },
    fill: (now, topic, messages) => {
      inFlight += messages
      for (let remaining = messages; remaining > 0;) {
        const first = free[0]
        if (!first) throw new RangeError(`${remaining} messages more than places`)
        const count = Math.min(remaining, first.places)
        remaining -= count
        first.places -= count
        if (first.places === 0) free.shift()
        const start = Math.max(first.since, now - (short ? 0 : stepMs))
        const endsAt = Math.max(start + takesMs, provider?.doneAt(start, count) ?? 0)
        const last = cohorts.length > head ? cohorts.at(-1) : undefined
        if (last && last.due === endsAt && last.topic === topic)
          cohorts[cohorts.length - 1] = { ...last, messages: last.messages + count }
        else cohorts.push({ due: endsAt, topic, messages: count })
      }
    },
  }
}
