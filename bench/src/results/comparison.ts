// What is compared, and of what does a comparison consist? A figure of this project and of what one
// would build instead, measured in turns.
import type { ControlPlane } from '../operator/control-plane.ts'
import type { SagaServers } from '../own-servers.ts'

/** What one run of one way has measured. */
export interface Sample {
  /** In the comparison's unit. */
  readonly value: number
  /** More figures of the same run: title with unit → value. */
  readonly more?: Readonly<Record<string, number>>
  /** What was accepted, such as orders, and what was there at the end: a run loses nothing. */
  readonly accepted: number
  readonly present: number
}

export interface Aim {
  /** As it is read: `at least 2 ×`. */
  readonly text: string
  readonly isMet: (ratio: number) => boolean
}

export interface Way {
  readonly name: string
  readonly title: string
}

export interface Alternative extends Way {
  /** None where the figure is only to be known. */
  readonly aim?: Aim
  /** Why the aim is missed, as a profile has shown; printed while it is missed. */
  readonly bound?: string
}

export interface Comparison {
  readonly name: string
  readonly title: string
  readonly unit: string
  /** What is measured, and what each way does and leaves out. */
  readonly about: string
  /** Takes long; runs only where it is asked for. */
  readonly optional?: true
  readonly here: Way
  readonly alternatives: readonly Alternative[]
  /** How the ratio is formed. */
  readonly ratio: 'here / other' | 'other / here'
  /** What decides the result: runs with other sizes are not comparable. */
  readonly size: Readonly<Record<string, number>>
  /** Typical duration of a run, until runs of this machine say better. */
  readonly secondsPerRun: number
  open(ground: Ground, say: (line: string) => void): Promise<Session>
}

export interface Session {
  run(way: string): Promise<Sample>
  close(): Promise<void>
}

/** Where the comparisons run. */
export interface Ground {
  /** A PostgreSQL, and on demand a Kafka and a Redis. */
  servers(): Promise<Servers>
  controlPlane(): Promise<ControlPlane>
}

export interface Servers extends SagaServers {
  /** Returns the URL. */
  readonly redis: () => Promise<string>
  close(): Promise<void>
}

export function waysOf({ here, alternatives }: Pick<Comparison, 'here' | 'alternatives'>): readonly Way[] {
  return [here, ...alternatives]
}

export function atLeast(factor: number): Aim {
  return { text: `at least ${factor.toLocaleString('en')} ×`, isMet: (ratio) => ratio >= factor }
}

export function atMost(factor: number): Aim {
  return { text: `at most ${factor.toLocaleString('en')} ×`, isMet: (ratio) => ratio <= factor }
}

/** Every run has servers of its own, none warmer than the other's. */
export function onOwnServers(
  runs: Readonly<Record<string, (servers: Servers) => Promise<Sample>>>,
): Comparison['open'] {
  return (ground) =>
    Promise.resolve({
      run: async (way) => {
        const run = runs[way]
        if (!run) throw new RangeError(`found the way ${way}; allowed: ${Object.keys(runs).join(', ')}`)
        const servers = await ground.servers()
        try {
          return await run(servers)
        } finally {
          await servers.close()
        }
      },
      close: () => Promise.resolve(),
    })
}
