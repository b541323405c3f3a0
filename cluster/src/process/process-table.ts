// Which processes run here, and what becomes of each? A table of children: started until ready,
// noticed at once when they die, started again where a restart policy is given, stopped in reverse
// order.
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { startChild } from './child.ts'
import type { Child, ChildOptions } from './child.ts'
import { ProcessError } from './errors.ts'
import type { ProcessHost, ProcessSpec, ProcessStatus } from './host.ts'
import { shortenLog } from './log-file.ts'
import { waitUntilReady } from './probe.ts'
import type { Restart } from './restart-policy.ts'

export interface Death {
  readonly name: string
  readonly at: number
  readonly cause: string
  readonly lastOutput: string
}

export interface TableOptions extends ChildOptions {
  /** Without it the dead stay dead. */
  readonly restart?: (deaths: readonly number[]) => Restart
  readonly onDeath?: (death: Death, restart: Restart | undefined) => void
}

interface Entry {
  readonly spec: ProcessSpec
  child: Child | undefined
  state: ProcessStatus['state']
  since: number
  restarts: number
  deaths: Death[]
  /** Set once it is to stop: its end is then no death. */
  unwanted: boolean
}

const stopMs = 10_000

export class ProcessTable implements ProcessHost {
  readonly #options: TableOptions
  readonly #entries = new Map<string, Entry>()
  /** Operations on one name happen one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>()
  #refusesStarts = false

  constructor(options: TableOptions) {
    this.#options = options
  }

  start(spec: ProcessSpec): Promise<void> {
    return this.#inTurn(spec.name, async () => {
      const existing = this.#entries.get(spec.name)
      if (existing?.state === 'ready' && isDeepStrictEqual(existing.spec, spec)) return
      if (this.#refusesStarts) throw endingError(spec.name)
      await this.#remove(spec.name, 'in order')
      const entry = {
        spec,
        child: undefined,
        state: 'starting',
        since: Date.now(),
        restarts: 0,
        deaths: [],
        unwanted: false,
      } as Entry
      this.#entries.set(spec.name, entry)
      await this.#launch(entry)
    })
  }

  stop(name: string, options: { readonly signal?: 'SIGKILL' } = {}): Promise<void> {
    return this.#inTurn(name, () => this.#remove(name, options.signal ? 'at once' : 'in order'))
  }

  list(): Promise<readonly ProcessStatus[]> {
    return Promise.resolve([...this.#entries.values()].map(statusOf))
  }

  /**
   * From here on `start` rejects, and a process that is being started ends: what is listed from now
   * on is all that can still run. A start that another one does not wait for may come later than
   * the end of everything, and its process would keep this one alive.
   */
  refuseStarts(): void {
    this.#refusesStarts = true
  }

  async close(): Promise<void> {
    this.refuseStarts()
    for (const name of [...this.#entries.keys()].reverse()) await this.stop(name)
  }

  /** For the moment in which the process itself is ending and nothing can be awaited any more. */
  killAll(): void {
    for (const { child } of this.#entries.values()) if (child && !child.cause()) process.kill(child.pid, 'SIGKILL')
  }

  shortenLogs(): void {
    for (const { child } of this.#entries.values()) if (child) shortenLog(child.log.path)
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#queues.get(name) ?? Promise.resolve()).then(work)
    this.#queues.set(
      name,
      result.catch(() => undefined),
    )
    return result
  }

  async #remove(name: string, how: 'in order' | 'at once'): Promise<void> {
    const entry = this.#entries.get(name)
    if (!entry) return
    entry.unwanted = true
    const signal = how === 'at once' ? 'SIGKILL' : (entry.spec.stopSignal ?? 'SIGTERM')
    await entry.child?.end(signal, entry.spec.stopTimeoutMs ?? stopMs)
    this.#entries.delete(name)
  }

  async #launch(entry: Entry): Promise<void> {
    const child = await startChild(entry.spec, this.#options)
    entry.child = child
    change(entry, 'starting')
    if (this.#refusesStarts) {
      await child.end('SIGKILL', 0)
      throw endingError(entry.spec.name)
    }
    const target = { log: child.log, ended: () => child.cause() !== undefined }
    const outcome = await waitUntilReady(entry.spec.ready, target, entry.spec.readyTimeoutMs)
    if (outcome === 'ready') {
      change(entry, 'ready')
      void child.ended.then((cause) => this.#died(entry, child, cause))
      return
    }
    const cause =
      outcome === 'late' ? `was not ready after ${entry.spec.readyTimeoutMs / 1000} s` : (child.cause() ?? 'ended')
    await child.end('SIGKILL', 0)
    entry.deaths.push({ name: entry.spec.name, at: Date.now(), cause, lastOutput: child.lastOutput() })
    change(entry, 'died')
    throw new ProcessError(entry.spec.name, cause, child.lastOutput())
  }

  #died(entry: Entry, child: Child, cause: string): void {
    if (entry.unwanted) return change(entry, 'stopped')
    const death = { name: entry.spec.name, at: Date.now(), cause, lastOutput: child.lastOutput() }
    entry.deaths.push(death)
    change(entry, 'died')
    this.#restartLater(entry, death)
  }

  #restartLater(entry: Entry, death: Death): void {
    const restart = this.#options.restart?.(entry.deaths.map(({ at }) => at))
    this.#options.onDeath?.(death, restart)
    if (restart === undefined || restart === 'give-up') return
    void sleep(restart.afterMs).then(() => this.#inTurn(entry.spec.name, () => this.#restart(entry)))
  }

  async #restart(entry: Entry): Promise<void> {
    if (entry.unwanted || entry.state !== 'died') return
    entry.restarts += 1
    try {
      await this.#launch(entry)
    } catch {
      const death = entry.deaths.at(-1)
      if (death && !entry.unwanted) this.#restartLater(entry, death)
    }
  }
}

function endingError(name: string): ProcessError {
  return new ProcessError(name, 'was not started, since everything ends', '')
}

function change(entry: Entry, state: Entry['state']): void {
  entry.state = state
  entry.since = Date.now()
  entry.deaths = entry.deaths.slice(-20)
}

function statusOf(entry: Entry): ProcessStatus {
  const death = entry.deaths.at(-1)
  return {
    name: entry.spec.name,
    pid: entry.state === 'ready' || entry.state === 'starting' ? entry.child?.pid : undefined,
    state: entry.state,
    since: entry.since,
    restarts: entry.restarts,
    ...(death && { lastDeath: { at: death.at, cause: death.cause, lastOutput: death.lastOutput } }),
  }
}
