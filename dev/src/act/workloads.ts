// How do Deployments become processes? This is the Deployment controller of `orderpipeline dev`. It
// compares each Deployment with its replicas, starts missing ones, a few at a time, ends surplus
// ones, and writes the status of the Deployment and its pods. The decisions are in decide/;
// replica.ts runs one process.
import { createHash, randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { shortenLog } from '@orderpipeline/cluster/supervised'
import type { Deployment, KubeObject, V1Container } from '@orderpipeline/operator/api'
import { labelKeys } from '@orderpipeline/operator/pipeline'
import { processEnvironment } from '../decide/environment.ts'
import type { LocalService } from '../decide/environment.ts'
import { deploymentStatus, podStatus } from '../decide/statuses.ts'
import type { Limit } from '../decide/statuses.ts'
import { startOrder } from '../decide/order.ts'
import { replicaSteps, shares } from '../decide/replicas.ts'
import type { ReplicaView } from '../decide/replicas.ts'
import type { LocalObjects } from '../objects/local-objects.ts'
import { Replica } from './replica.ts'
import type { Program, ReplicaSpec } from './replica.ts'

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
/** Number of log files of ended replicas that are kept. */
const retainedLogs = 50
const revision = 'deployment.kubernetes.io/revision'

export class Workloads {
  readonly #options: WorkloadOptions
  readonly #replicas = new Map<string, Replica[]>()
  readonly #starting = new Set<Promise<void>>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #limits = new Map<string, string>()
  readonly #progress = new Map<string, { version: string; since: number }>()
  readonly #reported = new WeakMap<Replica, string>()
  #timer: NodeJS.Timeout | undefined
  #tidying: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #closing = false
  #runningSince = 0

  constructor(options: WorkloadOptions) {
    this.#options = options
  }

  run(): void {
    this.#runningSince = this.#options.now()
    this.#timer = setInterval(() => this.reconcile(), tickMs)
    this.#tidying = setInterval(() => void this.tidyLogs().catch(() => undefined), tidyMs)
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

  /** Logs of replicas are bounded: each in size, and those of ended replicas in number. */
  async tidyLogs(): Promise<void> {
    const { dir } = this.#options
    const present = new Set(this.all().map(({ spec }) => `${spec.name}.log`))
    for (const name of present) shortenLog(join(dir, name))
    const endedLogs = (await readdir(dir)).filter(
      (name) => /\.log(\.1)?$/.test(name) && !present.has(name.replace(/\.1$/, '')),
    )
    const ages = await Promise.all(endedLogs.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })))
    const old = ages.sort((a, b) => b.at - a.at).slice(retainedLogs)
    await Promise.all(old.map(({ name }) => rm(join(dir, name), { force: true })))
  }

  reconcile(): void {
    if (this.#closing) return
    const deployments = this.#options.objects.all('Deployment') as readonly Deployment[]
    const limits = this.#shares(deployments)
    for (const deployment of deployments) this.#step(deployment, limits.get(deployment.metadata.name) ?? {})
    this.#endOrphans(deployments)
    this.#startNext()
    for (const deployment of deployments) this.#report(deployment, limits.get(deployment.metadata.name) ?? {})
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

  #shares(deployments: readonly Deployment[]): ReadonlyMap<string, Limit> {
    const asks = deployments.flatMap((deployment) => {
      const part = partOf(deployment)
      if ('missing' in this.#program(deployment)) return []
      return [
        {
          name: deployment.metadata.name,
          desired: deployment.spec.replicas ?? 0,
          minReplicas: this.#options.minReplicasOf(part),
        },
      ]
    })
    const granted = shares(asks, this.#options.maxProcesses)
    return new Map(
      deployments.map(({ metadata, spec }): [string, Limit] => {
        const program = this.#program({ metadata, spec } as Deployment)
        if ('missing' in program) return [metadata.name, { most: 0, why: program.missing }]
        const most = granted.get(metadata.name) ?? 0
        if (most >= (spec.replicas ?? 0)) return [metadata.name, {}]
        return [
          metadata.name,
          {
            most,
            why: `--max-processes ${this.#options.maxProcesses} limits it to ${most} of ${spec.replicas ?? 0} replicas`,
          },
        ]
      }),
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
    const set = this.#replicaSetOf(deployment, version)
    const steps = replicaSteps({ desired: desiredReplicas, version, ...strategyOf(deployment) }, replicas.map(viewOf))
    for (let count = 0; count < steps.start; count += 1) replicas.push(this.#newReplica(deployment, version, set))
    for (const pod of steps.stop) this.#stop(replicas.find(({ spec }) => spec.name === pod))
  }

  /** The ReplicaSet shows which version is which: a reader finds the pods of a new one by it. */
  #replicaSetOf(deployment: Deployment, version: string): KubeObject {
    const { objects } = this.#options
    const { name, namespace = 'default', uid = '' } = deployment.metadata
    const existing = objects.get('ReplicaSet', namespace, `${name}-${version}`)
    if (existing && deployment.metadata.annotations?.[revision] === existing.metadata.annotations?.[revision])
      return existing
    const own = objects
      .all('ReplicaSet')
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    const next = String(1 + Math.max(0, ...own.map(({ metadata }) => Number(metadata.annotations?.[revision] ?? 0))))
    const { apiVersion, kind } = deployment
    const set = objects.put({
      apiVersion,
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${version}`,
        namespace,
        labels: { ...deployment.metadata.labels, ...deployment.spec.template.metadata?.labels },
        annotations: { [revision]: next },
        ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
      },
    })
    const annotations = { ...deployment.metadata.annotations, [revision]: next }
    objects.put({ ...deployment, metadata: { ...deployment.metadata, annotations } })
    for (const { metadata } of own)
      if (!this.replicasOf(name).some(({ spec }) => metadata.name === `${name}-${spec.version}`))
        if (metadata.name !== set.metadata.name) objects.remove('ReplicaSet', namespace, metadata.name)
    return set
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
      if (availableBytes() < this.#options.minFreeBytes) return this.#printOnce('memory', memoryText())
      this.#limits.delete('memory')
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
    objects.put(podOf(replica, set))
    return replica
  }

  #report(deployment: Deployment, limit: Limit): void {
    const { objects, now } = this.#options
    const replicas = this.replicasOf(deployment.metadata.name)
    const namespace = deployment.metadata.namespace ?? 'default'
    for (const replica of replicas) this.#reportPod(replica, namespace)
    this.#printLimit(deployment, limit)
    const version = versionOf(deployment)
    const previous = this.#progress.get(deployment.metadata.name)
    const complete =
      replicas.filter((one) => one.spec.version === version && one.ready).length >= (deployment.spec.replicas ?? 0)
    if (previous?.version !== version || complete)
      this.#progress.set(deployment.metadata.name, { version, since: now() })
    const since = this.#progress.get(deployment.metadata.name)?.since ?? now()
    const set = objects.get('ReplicaSet', namespace, `${deployment.metadata.name}-${version}`)
    const available = replicas.filter((one) => one.spec.version === version && one.ready).length
    if (set) objects.putStatus(set, { availableReplicas: available })
    objects.putStatus(deployment, deploymentStatus(deployment, version, replicas, limit, { now: now(), since }))
  }

  /** Looks the pod up only where its status has changed: each pass reports all of many pods. */
  #reportPod(replica: Replica, namespace: string): void {
    const status = podStatus(replica)
    const text = JSON.stringify(status)
    if (this.#reported.get(replica) === text) return
    const pod = this.#options.objects.get('Pod', namespace, replica.spec.name)
    if (!pod) return
    this.#options.objects.putStatus(pod, status)
    this.#reported.set(replica, text)
  }

  #printLimit(deployment: Deployment, { why }: Limit): void {
    const { name } = deployment.metadata
    if (why === undefined) this.#limits.delete(name)
    else this.#printOnce(name, `${name}: ${why}`)
  }

  #printOnce(about: string, text: string): void {
    if (this.#limits.has(about)) return
    this.#limits.set(about, text)
    this.#options.print(text)
  }
}

function podOf({ spec }: Replica, set: KubeObject): KubeObject {
  const { name, namespace, labels, container, version } = spec
  const owner = { apiVersion: set.apiVersion, kind: set.kind, name: set.metadata.name, uid: set.metadata.uid ?? '' }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace, labels: { ...labels, 'pod-template-hash': version } },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: { nodeName: 'local', containers: [container] },
  }
}

/**
 * Elsewhere the system counts memory as used that it would give away: there the number of processes
 * is bounded beforehand.
 */
function availableBytes(): number {
  return process.platform === 'linux' ? process.availableMemory() : Infinity
}

function memoryText(): string {
  return `the machine has ${Math.round(availableBytes() / 2 ** 20)} MiB of free memory: no more replicas start until more is free`
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

export function partOf({ metadata }: { readonly metadata: KubeObject['metadata'] }): string {
  return metadata.labels?.[labelKeys.stage] ?? metadata.labels?.[labelKeys.name] ?? metadata.name
}

export function containerOf({ spec }: Deployment): V1Container {
  const [container] = spec.template.spec?.containers ?? []
  if (!container) throw new Error('a Deployment without a container')
  return container
}

function strategyOf({ spec }: Deployment) {
  return spec.strategy ? { strategy: spec.strategy } : {}
}

/** The version of the template: another template is another version. */
function versionOf({ spec }: Deployment): string {
  return createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 8)
}
