// What do the statuses of Deployments and pods, and the lines on the terminal, say about the
// replicas?
import type { Deployment } from '@orderpipeline/operator/api'
import { deploymentStatus, podStatus } from '../decide/statuses.ts'
import type { Limit } from '../decide/statuses.ts'
import { versionOf } from '../objects/deployments.ts'
import type { LocalObjects } from '../objects/local-objects.ts'
import type { Replica } from './replica.ts'

export class WorkloadReports {
  readonly #objects: LocalObjects
  readonly #print: (line: string) => void
  readonly #now: () => number
  readonly #printed = new Set<string>()
  readonly #progress = new Map<string, { version: string; since: number }>()
  readonly #reported = new WeakMap<Replica, string>()

  constructor(objects: LocalObjects, print: (line: string) => void, now: () => number) {
    this.#objects = objects
    this.#print = print
    this.#now = now
  }

  report(deployment: Deployment, replicas: readonly Replica[], limit: Limit): void {
    const { name, namespace = 'default' } = deployment.metadata
    for (const replica of replicas) this.#reportPod(replica, namespace)
    this.#printLimit(name, limit)
    const version = versionOf(deployment)
    const available = replicas.filter((one) => one.spec.version === version && one.ready).length
    const since = this.#progressSince(name, version, available >= (deployment.spec.replicas ?? 0))
    const set = this.#objects.get('ReplicaSet', namespace, `${name}-${version}`)
    if (set) this.#objects.putStatus(set, { availableReplicas: available })
    const times = { now: this.#now(), since }
    this.#objects.putStatus(deployment, deploymentStatus(deployment, version, replicas, limit, times))
  }

  /** Until `forget`, however often it is reported. */
  printOnce(about: string, text: string): void {
    if (this.#printed.has(about)) return
    this.#printed.add(about)
    this.#print(text)
  }

  forget(about: string): void {
    this.#printed.delete(about)
  }

  #progressSince(name: string, version: string, complete: boolean): number {
    const previous = this.#progress.get(name)
    if (previous?.version === version && !complete) return previous.since
    const since = this.#now()
    this.#progress.set(name, { version, since })
    return since
  }

  /** Looks the pod up only where its status has changed: each pass reports all of many pods. */
  #reportPod(replica: Replica, namespace: string): void {
    const status = podStatus(replica)
    const text = JSON.stringify(status)
    if (this.#reported.get(replica) === text) return
    const pod = this.#objects.get('Pod', namespace, replica.spec.name)
    if (!pod) return
    this.#objects.putStatus(pod, status)
    this.#reported.set(replica, text)
  }

  #printLimit(name: string, { why }: Limit): void {
    if (why === undefined) this.forget(name)
    else this.printOnce(name, `${name}: ${why}`)
  }
}
