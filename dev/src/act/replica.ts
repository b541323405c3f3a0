// How does one replica live? As a pod with one container: a process that is started, checked by its
// probes, started again when it ends or stops answering, and given a grace period when it must
// stop.
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '@orderpipeline/cluster/supervised'
import type { Child } from '@orderpipeline/cluster/supervised'
import type { V1Container } from '@orderpipeline/operator/api'
import type { ProcessEnvironment } from '../decide/environment.ts'
import { crashPauseMs } from '../decide/crash-pause.ts'
import { freePort } from './free-port.ts'
import { probe, probedPort } from './probe.ts'
import type { ProbeAnswer } from './probe.ts'

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** What the process has besides what its container says. */
  readonly env: Readonly<Record<string, string>>
}

export interface ReplicaSpec {
  /** The pod's name. */
  readonly name: string
  readonly namespace: string
  readonly deployment: string
  readonly part: string
  /** The version of the template. */
  readonly version: string
  readonly labels: Readonly<Record<string, string>>
  readonly container: V1Container
  readonly graceSeconds: number
  readonly program: Program
  /** Ports that must always be the same, by the container's name for them. */
  readonly fixedPorts: Readonly<Record<string, number>>
}

export interface ReplicaSettings {
  /** Log and pid files go here. */
  readonly dir: string
  readonly environment: (ports: Readonly<Record<string, number>>) => ProcessEnvironment
  /** Called at every change that a reader of its status would see. */
  readonly changed: () => void
  readonly ended: (cause: string, lastOutput: string, nextTryMs: number) => void
  readonly now: () => number
  readonly random: () => number
}

export type ReplicaState = 'waiting' | 'starting' | 'running' | 'draining' | 'gone'

const startPeriodMs = 150
const readyPeriodMs = 300
/**
 * One that is ready, and whose last answer was good, is asked no more often: its end is noticed at
 * once in any case, and a shop has dozens that would wake up for this.
 */
const settledPeriodMs = 10_000
const noPortMs = 5_000

export class Replica {
  readonly spec: ReplicaSpec
  readonly createdAt: number
  readonly #settings: ReplicaSettings
  readonly #gone = Promise.withResolvers<void>()
  #state: ReplicaState = 'waiting'
  #why = 'ContainerCreating'
  #message = ''
  #ready = false
  #readySince = 0
  #restarts = 0
  #deaths: number[] = []
  #lastCause: string | undefined
  #child: Child | undefined
  #ports: Readonly<Record<string, number>> = {}
  #begun = false

  constructor(spec: ReplicaSpec, settings: ReplicaSettings) {
    this.spec = spec
    this.#settings = settings
    this.createdAt = settings.now()
  }

  get state(): ReplicaState {
    return this.#state
  }
  get ready(): boolean {
    return this.#ready && this.#state === 'running'
  }
  get readySince(): number {
    return this.#readySince
  }
  get draining(): boolean {
    return this.#state === 'draining' || this.#state === 'gone'
  }
  get begun(): boolean {
    return this.#begun
  }
  get pid(): number | undefined {
    return this.#child?.cause() === undefined ? this.#child?.pid : undefined
  }
  get ports(): Readonly<Record<string, number>> {
    return this.#ports
  }
  get restarts(): number {
    return this.#restarts
  }
  /** Why it does not run, in the words of a container's state. */
  get waiting(): { readonly reason: string; readonly message: string } | undefined {
    return this.#state === 'waiting' ? { reason: this.#why, message: this.#message } : undefined
  }
  get lastCause(): string | undefined {
    return this.#lastCause
  }

  /**
   * Runs until it is stopped; resolves once the first start has come as far as answering, or has
   * failed.
   */
  begin(): Promise<void> {
    this.#begun = true
    const startup = Promise.withResolvers<void>()
    void this.#live(startup.resolve).finally(() => startup.resolve())
    return startup.promise
  }

  /** SIGTERM, and SIGKILL after the grace period; resolves when the process has ended. */
  async stop(graceMs = this.spec.graceSeconds * 1_000): Promise<void> {
    if (this.draining) return this.#gone.promise
    const child = this.#child
    this.#change('draining')
    if (child && child.cause() === undefined) {
      signalGroup(child.pid, 'SIGTERM')
      await Promise.race([child.ended, sleep(graceMs, undefined, { ref: false })])
      await child.end('SIGKILL', 0)
    }
    this.#finish()
  }

  kill(): void {
    if (this.pid !== undefined) signalGroup(this.pid, 'SIGKILL')
  }

  async #live(firstAnswer: () => void): Promise<void> {
    while (!this.draining) {
      const ports = await this.#choosePorts().catch(() => undefined)
      if (!ports) {
        this.#wait('CreateContainerError', 'no port is free for it')
        await sleep(noPortMs, undefined, { ref: false })
        continue
      }
      const environment = this.#settings.environment(ports)
      if (this.draining) return
      if (environment.kind === 'incomplete') {
        this.#wait('CreateContainerConfigError', environment.message)
        firstAnswer()
        await sleep(2_000, undefined, { ref: false })
        continue
      }
      this.#ports = ports
      await this.#runOnce(environment.variables, firstAnswer).catch((error: unknown) =>
        this.#afterDeath(`could not be started (${String(error)})`, '', this.#settings.now()),
      )
    }
  }

  async #runOnce(variables: Readonly<Record<string, string>>, firstAnswer: () => void): Promise<void> {
    const { program, name } = this.spec
    const child = await startChild(
      {
        ...{ name, command: program.command, args: program.args, cwd: program.cwd, env: variables },
        ready: { kind: 'tcp', host: '127.0.0.1', port: this.#ports['metrics'] ?? 0 },
        readyTimeoutMs: 180_000,
      },
      { dir: this.#settings.dir, env: { ...program.env }, diesWithParent: true },
    )
    this.#child = child
    if (this.draining) {
      signalGroup(child.pid, 'SIGTERM') // stopped while it was being started
      await child.ended
      return
    }
    this.#change('starting')
    const startedAt = this.#settings.now()
    await Promise.race([child.ended, this.#probe(child, firstAnswer)])
    const cause = await child.ended
    firstAnswer()
    if (this.draining) return
    await this.#afterDeath(cause, child.lastOutput(), startedAt)
  }

  async #afterDeath(cause: string, lastOutput: string, startedAt: number): Promise<void> {
    const now = this.#settings.now()
    this.#deaths = now - startedAt > 600_000 ? [now] : [...this.#deaths, now].slice(-20)
    const pause = crashPauseMs(this.#deaths.length, this.#settings.random())
    this.#restarts += 1
    this.#lastCause = cause
    this.#ready = false
    this.#wait('CrashLoopBackOff', `${cause}; started again in ${Math.ceil(pause / 1_000)} s`)
    this.#settings.ended(cause, lastOutput, pause)
    await sleep(pause, undefined, { ref: false })
  }

  /**
   * Until the process has ended: startup, then readiness and liveness at the container's own times.
   */
  async #probe(child: Child, firstAnswer: () => void): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.spec.container
    const ask = (
      of: V1Container['readinessProbe'],
      otherPath: string,
      timeoutSeconds: number,
    ): Promise<ProbeAnswer> => {
      const ports = { containerPorts: this.spec.container.ports ?? [], portsByName: this.#ports }
      return probe(probedPort(of?.httpGet?.port, ports), of?.httpGet?.path ?? otherPath, timeoutSeconds * 1_000)
    }
    const giveUpAt = this.#settings.now() + (startupProbe?.failureThreshold ?? 180) * 1_000
    while (child.cause() === undefined && !(await ask(startupProbe, '/healthz', 3)).ok) {
      if (this.#settings.now() > giveUpAt) return void child.end('SIGKILL', 0)
      await sleep(startPeriodMs, undefined, { ref: false })
    }
    if (child.cause() !== undefined) return
    firstAnswer()
    if (!this.draining) this.#change('running')
    let failedReady = 0
    let failedAlive = 0
    let aliveAt = this.#settings.now()
    while (child.cause() === undefined) {
      const answer = await ask(readinessProbe, '/readyz', readinessProbe?.timeoutSeconds ?? 3)
      failedReady = answer.ok ? 0 : failedReady + 1
      if (answer.ok) this.#setReady(true)
      else if (failedReady >= (readinessProbe?.failureThreshold ?? 3)) this.#setReady(false)
      if (livenessProbe && this.#settings.now() - aliveAt >= (livenessProbe.periodSeconds ?? 20) * 1_000) {
        aliveAt = this.#settings.now()
        const alive = await ask(livenessProbe, '/healthz', livenessProbe.timeoutSeconds ?? 10)
        failedAlive = alive.ok ? 0 : failedAlive + 1
        if (failedAlive >= (livenessProbe.failureThreshold ?? 6)) return void child.end('SIGTERM', 10_000)
      }
      const own = (readinessProbe?.periodSeconds ?? 5) * 1_000
      const whileReady = answer.ok ? Math.max(own, settledPeriodMs) : own
      await Promise.race([child.ended, sleep(this.#ready ? whileReady : readyPeriodMs, undefined, { ref: false })])
    }
  }

  async #choosePorts(): Promise<Record<string, number>> {
    const portsByName: Record<string, number> = {}
    for (const { name = '' } of this.spec.container.ports ?? [])
      portsByName[name] = this.spec.fixedPorts[name] ?? (await freePort())
    return portsByName
  }

  #setReady(ready: boolean): void {
    if (ready === this.#ready) return
    this.#ready = ready
    if (ready) this.#readySince = this.#settings.now()
    this.#settings.changed()
  }

  #wait(why: string, message: string): void {
    this.#why = why
    this.#message = message
    this.#change('waiting')
  }

  #change(state: ReplicaState): void {
    if (this.#state === 'gone' || (this.#state === 'draining' && state !== 'gone')) return
    this.#state = state
    this.#settings.changed()
  }

  #finish(): void {
    this.#change('gone')
    this.#gone.resolve()
  }
}

/** The process and what it has started: a command of --run may be a shell with children. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}
