// Who scales here? For every ScaledObject a KEDA and an autoscaler of its own: the figures are read
// at their periods, the decisions are those of `simulate`, and a Deployment gets the replicas they
// come to.
import { autoscalerRules } from '@orderpipeline/cli/embedding'
import type { Deployment, ScaledObject } from '@orderpipeline/operator/api'
import { labelKeys, pausedAnnotation, quantity } from '@orderpipeline/operator/pipeline'
import { autoscalerObject, autoscalerStatus, scaledObjectStatus } from '../decide/autoscaler-objects.ts'
import { activation, noMemory, scaling } from '../decide/scaling.ts'
import type { LagOf, Measured, ResourceUse, ScalingMemory, ScalingRules } from '../decide/scaling.ts'
import { containerOf } from '../objects/deployments.ts'
import type { LocalObjects } from '../objects/local-objects.ts'
import type { Replica } from './replica.ts'
import { usageOf } from './usage.ts'

export interface AutoscalerOptions {
  readonly objects: LocalObjects
  /** By the consumer group and the topic's name in Kafka. */
  readonly lagOf: (group: string, topic: string) => ReturnType<LagOf>
  readonly replicasOf: (deployment: string) => readonly Replica[]
  /** Deployments that cannot run here are left alone. */
  readonly canRun: (deployment: Deployment) => boolean
  readonly syncMs: number
  readonly now: () => number
  readonly random: () => number
  readonly print: (line: string) => void
}

interface Scaler {
  memory: ScalingMemory
  nextPoll: number
  nextSync: number
  active: boolean
  /** CPU seconds by process at the last look. */
  used: ReadonlyMap<number, number>
  usedAt: number
}

const hpaTolerance = 0.1
const tickMs = 500
/** Objects that nothing announces a change of are looked at so often. */
const longestMs = 5_000

export class Autoscalers {
  readonly #options: AutoscalerOptions
  readonly #scalers = new Map<string, Scaler>()
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #nextLook = 0

  constructor(options: AutoscalerOptions) {
    this.#options = options
  }

  run(): void {
    const failed = (error: unknown): void =>
      this.#options.print(`the autoscalers could not read their metrics: ${String(error)}`)
    this.#timer = setInterval(() => void this.evaluate().catch(failed), tickMs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** A ScaledObject or its Deployment has changed. */
  wake(): void {
    this.#nextLook = 0
  }

  async evaluate(): Promise<void> {
    const now = this.#options.now()
    if (this.#busy || now < this.#nextLook) return
    this.#nextLook = now + longestMs
    this.#busy = true
    try {
      const scaled = this.#options.objects.all('ScaledObject') as readonly ScaledObject[]
      for (const object of scaled) await this.#step(object)
      this.#forget(scaled)
      const dueTimes = [...this.#scalers.values()].map(({ nextPoll, nextSync }) => Math.min(nextPoll, nextSync))
      this.#nextLook = Math.min(this.#nextLook, ...dueTimes)
    } finally {
      this.#busy = false
    }
  }

  #forget(scaled: readonly ScaledObject[]): void {
    const { objects } = this.#options
    const names = new Set(scaled.map(({ metadata }) => metadata.name))
    for (const name of this.#scalers.keys()) if (!names.has(name)) this.#scalers.delete(name)
    for (const { metadata } of objects.all('HorizontalPodAutoscaler'))
      if (!names.has(metadata.name.slice('keda-hpa-'.length)))
        objects.remove('HorizontalPodAutoscaler', metadata.namespace ?? 'default', metadata.name)
  }

  async #step(object: ScaledObject): Promise<void> {
    const { objects, now } = this.#options
    const { name, namespace = 'default', annotations } = object.metadata
    const target = objects.get('Deployment', namespace, object.spec.scaleTargetRef.name) as Deployment | undefined
    if (!target || !this.#options.canRun(target))
      return void objects.putStatus(object, scaledObjectStatus(false, false))
    const scaler = this.#scalerOf(name, object)
    const paused = annotations?.[pausedAnnotation]
    if (paused !== undefined) return await this.#hold(object, target, Number(paused))
    const rules = rulesOf(object)
    const before = target.spec.replicas ?? 0
    let replicaCount = before
    const lagOf = this.#lagOf(object)
    if (now() >= scaler.nextPoll) {
      scaler.nextPoll = now() + rules.pollingSeconds * 1_000
      const polled = activation(rules, scaler.memory, now(), replicaCount, { lagOf })
      scaler.memory = polled.memory
      scaler.active = polled.memory.lastActive === now()
      replicaCount = polled.replicas
    }
    if (now() >= scaler.nextSync) {
      scaler.nextSync = now() + this.#options.syncMs
      const measurements = { lagOf, ...(await this.#used(object, target, scaler)) }
      const next = scaling(rules, scaler.memory, now(), replicaCount, measurements)
      scaler.memory = next.memory
      objects.put(autoscalerObject(object))
      const autoscaler = objects.get('HorizontalPodAutoscaler', namespace, `keda-hpa-${name}`)
      const requested = { cpu: measurements.cpu?.requested, memory: measurements.memory?.requested }
      const look = { current: replicaCount, desired: next.replicas, metrics: next.metrics, requested }
      if (autoscaler) objects.putStatus(autoscaler, autoscalerStatus(object, look))
      replicaCount = next.replicas
    }
    objects.putStatus(object, scaledObjectStatus(scaler.active, false))
    if (replicaCount !== before) await this.#scale(object, target, before, replicaCount, rules, lagOf)
  }

  /** Paused at a number: KEDA takes the autoscaler away and sets the replicas. */
  async #hold(object: ScaledObject, target: Deployment, replicas: number): Promise<void> {
    const { objects } = this.#options
    const { name, namespace = 'default' } = object.metadata
    objects.remove('HorizontalPodAutoscaler', namespace, `keda-hpa-${name}`)
    objects.putStatus(object, scaledObjectStatus(false, true))
    this.#scalers.delete(name)
    if (target.spec.replicas !== replicas)
      await objects.kube.scale(deployments, namespace, target.metadata.name, replicas)
  }

  async #scale(
    object: ScaledObject,
    target: Deployment,
    from: number,
    to: number,
    rules: ScalingRules,
    lagOf: LagOf,
  ): Promise<void> {
    const { objects, print } = this.#options
    await objects.kube.scale(deployments, target.metadata.namespace ?? 'default', target.metadata.name, to)
    const lags = rules.triggers.map(({ topic, lagThreshold }) => ({ lag: lagOf(topic)?.lag ?? 0, lagThreshold }))
    const largest = lags.sort((a, b) => b.lag / b.lagThreshold - a.lag / a.lagThreshold)[0]
    const why = largest ? ` (lag ${largest.lag}, one replica carries ${largest.lagThreshold})` : ''
    print(`${object.metadata.labels?.[labelKeys.stage] ?? object.metadata.name} ${from} → ${to} replicas${why}`)
  }

  #scalerOf(name: string, object: ScaledObject): Scaler {
    const existing = this.#scalers.get(name)
    if (existing) return existing
    const { now, random, syncMs } = this.#options
    const scaler: Scaler = {
      ...{ memory: noMemory, active: false, used: new Map(), usedAt: now() },
      nextPoll: now() + random() * (object.spec.pollingInterval ?? 30) * 1_000,
      nextSync: now() + random() * syncMs,
    }
    this.#scalers.set(name, scaler)
    return scaler
  }

  #lagOf({ spec }: ScaledObject): LagOf {
    const groups = new Map(
      spec.triggers.flatMap(({ type, metadata }) =>
        type === 'kafka' ? [[metadata['topic'] ?? '', metadata['consumerGroup'] ?? ''] as const] : [],
      ),
    )
    return (topic) => this.#options.lagOf(groups.get(topic) ?? '', topic)
  }

  /**
   * What the ready replicas have used since the last look; those that were not there then are left
   * out.
   */
  async #used(object: ScaledObject, target: Deployment, scaler: Scaler): Promise<Pick<Measured, 'cpu' | 'memory'>> {
    const types = new Set(object.spec.triggers.map(({ type }) => type))
    if (!types.has('cpu') && !types.has('memory')) return {}
    const requests = containerOf(target).resources?.requests ?? {}
    const ready = this.#options.replicasOf(target.metadata.name).filter((replica) => replica.ready)
    const usage = await usageOf(ready.flatMap(({ pid }) => pid ?? []))
    const at = this.#options.now()
    const seconds = (at - scaler.usedAt) / 1_000
    const both = [...usage].filter(([pid]) => scaler.used.has(pid))
    const cores = both.reduce(
      (sum, [pid, { cpuSeconds }]) => sum + (cpuSeconds - (scaler.used.get(pid) ?? 0)) / seconds,
      0,
    )
    scaler.used = new Map([...usage].map(([pid, { cpuSeconds }]) => [pid, cpuSeconds]))
    scaler.usedAt = at
    const own = [...usage.values()].flatMap(({ ownBytes }) => ownBytes ?? [])
    const memory = own.reduce((sum, bytes) => sum + bytes, 0)
    return {
      ...use('cpu', cores, both.length, requests['cpu']),
      ...use('memory', memory, own.length, requests['memory']),
    }
  }
}

const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' }

function use(
  name: 'cpu' | 'memory',
  total: number,
  replicas: number,
  request: string | undefined,
): Partial<Record<'cpu' | 'memory', ResourceUse>> {
  if (request === undefined || replicas === 0) return {}
  return { [name]: { total, replicas, requested: quantity(request) } }
}

/** Topics keep their whole names: they are what the lag is known by. */
export function rulesOf(object: ScaledObject): ScalingRules {
  const percent = (type: 'cpu' | 'memory'): number | undefined => {
    const value = object.spec.triggers.find((trigger) => trigger.type === type)?.metadata['value']
    return value === undefined ? undefined : Number(value)
  }
  const [cpu, memory] = [percent('cpu'), percent('memory')]
  return {
    ...autoscalerRules(object, '', hpaTolerance),
    utilization: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) },
  }
}
