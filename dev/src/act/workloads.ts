// How do Deployments become processes? This is the Deployment controller of `orderpipeline dev`. It
// compares each Deployment with its replicas, starts missing ones, a few at a time, ends surplus
// ones, and has the status of the Deployment and its pods written. The decisions are in decide/;
// replica.ts runs one process.
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Deployment, KubeObject, V1Container } from '@orderpipeline/operator/api'
import { processEnvironment } from '../decide/environment.ts'
import type { LocalService } from '../decide/environment.ts'
import { limitsOf } from '../decide/limits.ts'
import type { Limit } from '../decide/statuses.ts'
import { startOrder } from '../decide/order.ts'
import { replicaSteps } from '../decide/replicas.ts'
import type { ReplicaView } from '../decide/replicas.ts'
import { containerOf, partOf, podOf, versionOf } from '../objects/deployments.ts'
import type { LocalObjects } from '../objects/local-objects.ts'
import { replicaSetOf } from '../objects/replica-sets.ts'
import { availableBytes, memoryText } from './memory.ts'
import { Replica } from './replica.ts'
import type { Program, ReplicaSpec } from './replica.ts'
import { tidyLogs } from './replica-logs.ts'
import { WorkloadReports } from './workload-reports.ts'

export interface WorkloadOptions {
  readonly objects: LocalObjects
  readonly dir: string
  /** Processes of all Deployments together. */
  readonly maxProcesses: number
  /** Free memory of the machine; below it no more processes are started. */
  readonly minFreeBytes: number
  readonly programOf: (part: string, container: V1Container) => Program | { readonly missing: string }
  readonly services: () => readonly LocalService[]
  readonly secret: (namespace: string, name: string, key: string) => string | undefined
  readonly fixedPorts: (part: string) => Readonly<Record<string, number>>
  readonly minReplicasOf: (part: string) => number
  readonly print: (line: string) => void
  readonly now: () => number
}

/** What changes is looked at as it does; this is for what passes with time alone. */
const tickMs = 5_000
const tidyMs = 60_000
const longestBeginningMs = 20_000

export class Workloads {
  readonly #options: WorkloadOptions
  readonly #replicas = new Map<string, Replica[]>()
  readonly #starting = new Set<Promise<void>>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #reports: WorkloadReports
  #timer: NodeJS.Timeout | undefined
  #tidying: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #closing = false
  #runningSince = 0

  constructor(options: WorkloadOptions) {
    this.#options = options
    this.#reports = new WorkloadReports(options.objects, options.print, options.now)
  }

  run(): void {
    this.#runningSince = this.#options.now()
    this.#timer = setInterval(() => this.reconcile(), tickMs)
    this.#tidying = setInterval(() => void this.#tidyLogs().catch(() => undefined), tidyMs)
  }

  replicasOf(deployment: string): readonly Replica[] {
    return this.#replicas.get(deployment) ?? []
  }

  all(): readonly Replica[] {
    return [...this.#replicas.values()].flat()
  }

  replicaOfPod(pod: string): Replica | undefined {
    return this.all().find(({ spec }) => spec.name === pod)
  }

  /** Soon, once for however many reasons. */
  wake(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.reconcile()
    }, 20)
  }

  reconcile(): void {
    if (this.#closing) return
    const deployments = this.#options.objects.all('Deployment') as readonly Deployment[]
    const limits = this.#limits(deployments)
    for (const deployment of deployments) this.#step(deployment, limits.get(deployment.metadata.name) ?? {})
    this.#endOrphans(deployments)
    this.#startNext()
    for (const deployment of deployments) {
      const { name } = deployment.metadata
      this.#reports.report(deployment, this.replicasOf(name), limits.get(name) ?? {})
    }
  }

  /** Every process, part after part, as `order` lists them; what it leaves out goes last. */
  async close(order: readonly (readonly string[])[], graceMs: number | undefined): Promise<void> {
    this.#closing = true
    clearInterval(this.#timer)
    clearInterval(this.#tidying)
    clearTimeout(this.#soon)
    const listed = new Set(order.flat())
    const rest = this.all().filter(({ spec }) => !listed.has(spec.part))
    const groups = [...order.map((parts) => this.all().filter(({ spec }) => parts.includes(spec.part))), rest]
    for (const group of groups) await Promise.all(group.map((replica) => replica.stop(graceMs)))
    await Promise.all(this.#stopping)
  }

  killAll(): void {
    for (const replica of this.all()) replica.kill()
  }

  #limits(deployments: readonly Deployment[]): ReadonlyMap<string, Limit> {
    const requests = deployments.map((deployment) => {
      const program = this.#program(deployment)
      return {
        name: deployment.metadata.name,
        desired: deployment.spec.replicas ?? 0,
        minReplicas: this.#options.minReplicasOf(partOf(deployment)),
        ...('missing' in program && { missing: program.missing }),
      }
    })
    return limitsOf(requests, this.#options.maxProcesses)
  }

  #tidyLogs(): Promise<void> {
    return tidyLogs(
      this.#options.dir,
      this.all().map(({ spec }) => spec.name),
    )
  }

  #program(deployment: Deployment): Program | { readonly missing: string } {
    return this.#options.programOf(partOf(deployment), containerOf(deployment))
  }

  #step(deployment: Deployment, limit: Limit): void {
    const { name } = deployment.metadata
    const replicas = (this.#replicas.get(name) ?? []).filter(({ state }) => state !== 'gone')
    this.#replicas.set(name, replicas)
    const desiredReplicas = Math.min(deployment.spec.replicas ?? 0, limit.most ?? Infinity)
    const version = versionOf(deployment)
    const set = replicaSetOf(this.#options.objects, deployment, version, (old) =>
      replicas.some(({ spec }) => spec.version === old),
    )
    const steps = replicaSteps({ desired: desiredReplicas, version, ...strategyOf(deployment) }, replicas.map(viewOf))
    for (let count = 0; count < steps.start; count += 1) replicas.push(this.#newReplica(deployment, version, set))
    for (const pod of steps.stop) this.#stop(replicas.find(({ spec }) => spec.name === pod))
  }

  #stop(replica: Replica | undefined): void {
    if (!replica) return
    const { namespace, name } = replica.spec
    const { objects } = this.#options
    const live = objects.get('Pod', namespace, name)
    if (live)
      objects.put({
        ...live,
        metadata: { ...live.metadata, deletionTimestamp: new Date(this.#options.now()).toISOString() },
      })
    const stopped = replica.stop().finally(() => {
      this.#stopping.delete(stopped)
      objects.remove('Pod', namespace, name)
      this.wake()
    })
    this.#stopping.add(stopped)
  }

  #endOrphans(deployments: readonly Deployment[]): void {
    const deploymentNames = new Set(deployments.map(({ metadata }) => metadata.name))
    for (const [name, replicas] of this.#replicas) {
      if (deploymentNames.has(name)) continue
      for (const replica of replicas) if (!replica.draining) this.#stop(replica)
      if (replicas.every(({ state }) => state === 'gone')) this.#replicas.delete(name)
    }
  }

  #startNext(): void {
    const waiting = [...this.#replicas].flatMap(([deployment, replicas]) =>
      replicas.flatMap((replica, before) =>
        replica.begun || replica.draining ? [] : [{ deployment, before, replica }],
      ),
    )
    for (const { replica } of startOrder(waiting, this.#beginning())) {
      if (this.#starting.size >= Math.max(2, availableParallelism())) return
      if (availableBytes() < this.#options.minFreeBytes) return this.#reports.printOnce('memory', memoryText())
      this.#reports.forget('memory')
      const pendingStart = replica.begin().finally(() => {
        this.#starting.delete(pendingStart)
        this.wake()
      })
      this.#starting.add(pendingStart)
    }
  }

  /** One that does not get ready does not hold the others up for long. */
  #beginning(): boolean {
    const parts = [...this.#replicas.values()].filter((replicas) => replicas.length > 0)
    const works = parts.every((replicas) => replicas.some(({ ready }) => ready))
    return !works && this.#options.now() - this.#runningSince < longestBeginningMs
  }

  #newReplica(deployment: Deployment, version: string, set: KubeObject): Replica {
    const { objects, fixedPorts, services, secret, now, dir, print } = this.#options
    const container = containerOf(deployment)
    const part = partOf(deployment)
    const program = this.#program(deployment)
    if ('missing' in program) throw new Error(program.missing)
    const { name, namespace = 'default' } = deployment.metadata
    const spec: ReplicaSpec = {
      name: `${name}-${version}-${randomBytes(3).toString('hex').slice(0, 5)}`,
      ...{ namespace, deployment: name, part, version, container, program },
      labels: deployment.spec.template.metadata?.labels ?? {},
      graceSeconds: deployment.spec.template.spec?.terminationGracePeriodSeconds ?? 30,
      fixedPorts: fixedPorts(part),
    }
    const replica = new Replica(spec, {
      ...{ dir, now, random: Math.random },
      environment: (ports) =>
        processEnvironment(container, {
          ports,
          services: services(),
          secret: (secretName, key) => secret(namespace, secretName, key),
        }),
      changed: () => this.wake(),
      ended: (cause, lastOutput, nextMs) => {
        const last = lastOutput.trim().split('\n').at(-1)?.slice(0, 160)
        print(
          `${spec.name} ${cause}; it is started again in ${(nextMs / 1_000).toFixed(1)} s${last ? `. Its last line: ${last}` : ''}`,
        )
      },
    })
    objects.put(podOf(replica.spec, set))
    return replica
  }
}

function viewOf(replica: Replica): ReplicaView {
  return {
    name: replica.spec.name,
    version: replica.spec.version,
    ready: replica.ready,
    draining: replica.draining,
    createdAt: replica.createdAt,
  }
}

function strategyOf({ spec }: Deployment) {
  return spec.strategy ? { strategy: spec.strategy } : {}
}
