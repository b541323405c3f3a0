// How does a user reach the pipeline? By the gateway's port, the local API and the console on it,
// and by edits of the file.
import { join } from 'node:path'
import { readLog } from '@orderpipeline/cluster/supervised'
import { devConsole } from './act/console.ts'
import { watchFiles } from './act/file-watch.ts'
import { openGatewayProxy } from './act/gateway-port.ts'
import type { GatewayProxy } from './act/gateway-proxy.ts'
import type { Replica } from './act/replica.ts'
import { startLocalApi } from './api/local-api.ts'
import type { LocalApi } from './api/local-api.ts'
import type { LocalService } from './decide/environment.ts'
import type { Foundation } from './foundation.ts'
import type { LivePipeline } from './live-pipeline.ts'
import type { LocalObjects } from './objects/local-objects.ts'
import type { DevOptions } from './options.ts'

export interface WaysInContext {
  readonly options: Pick<DevOptions, 'files' | 'port' | 'user'>
  readonly on: Pick<Foundation, 'state' | 'ports'>
  readonly pipeline: LivePipeline
  readonly objects: LocalObjects
  readonly services: () => readonly LocalService[]
  readonly replicaOfPod: (pod: string) => Replica | undefined
  /** The ports of the gateways that are ready. */
  readonly gateways: () => readonly number[]
  readonly print: (line: string) => void
}

export class WaysIn {
  readonly #context: WaysInContext
  #proxy: GatewayProxy | undefined
  #api: LocalApi | undefined
  #console: Awaited<ReturnType<typeof devConsole>>
  #watch: { close(): void } | undefined

  constructor(context: WaysInContext) {
    this.#context = context
  }

  get gatewayPort(): number | undefined {
    return this.#proxy?.port
  }

  /** What clients of the gateway have sent so far, in bytes: a sign that the shop is in use. */
  get receivedBytes(): number {
    return this.#proxy?.receivedBytes() ?? 0
  }

  get gateway(): string | undefined {
    return this.#proxy && `http://127.0.0.1:${this.#proxy.port}`
  }

  get console(): string | undefined {
    return this.#console?.address
  }

  /** Where the pipeline has one. @throws CommandError where the port of the option is in use */
  async openGateway(): Promise<void> {
    const { options, on, pipeline, gateways } = this.#context
    const { gateway } = pipeline.current.spec
    if (!gateway) return
    const choice = { option: options.port, nodePort: gateway.service?.nodePort }
    this.#proxy = await openGatewayProxy(choice, on.ports, gateways, (text) => pipeline.note(text))
  }

  /**
   * Everything else; the console starts after `pipelineWorks`, and links to the traces of
   * `devServices`.
   */
  async open(pipelineWorks: Promise<void>, devServices: string | undefined): Promise<void> {
    const { options, on, pipeline, print } = this.#context
    const { state, ports } = on
    const { name, namespace = 'default' } = pipeline.current.metadata
    this.#api = await this.#startApi(await ports.port('api'))
    this.#console = await devConsole({
      ...{ kubeconfig: state.kubeconfig, ports, user: options.user, print, namespace, cluster: `dev-${name}` },
      after: pipelineWorks,
      devServicesUrl: devServices,
    })
    await state.record({ pipeline: name, ...(this.gateway === undefined ? {} : { gateway: this.gateway }) })
    const failed = (error: unknown): void => print(`The edited file is not applied: ${String(error)}`)
    this.#watch = watchFiles(options.files, () => void pipeline.readFiles(options.files).catch(failed))
  }

  ignoreEdits(): void {
    this.#watch?.close()
  }

  async close(): Promise<void> {
    this.ignoreEdits()
    await this.#console?.close()
    await this.#proxy?.close()
    await this.#api?.close()
  }

  #startApi(port: number): Promise<LocalApi> {
    const { on, pipeline, objects, replicaOfPod } = this.#context
    return startLocalApi({
      ...{ objects, port, namespace: pipeline.namespace, kubeconfigFile: on.state.kubeconfig },
      name: `dev-${pipeline.current.metadata.name}`,
      portOf: (kind, name, text) => this.#portOf(kind, name, text),
      kill: (pod) => replicaOfPod(pod)?.kill(),
      logOf: (pod) => (replicaOfPod(pod) ? readLog(join(on.state.logs, `${pod}.log`), 0, 4 << 20) : undefined),
      edit: (changed) => Promise.resolve(pipeline.carryOut(changed)),
    })
  }

  #portOf(kind: 'pods' | 'services', name: string, port: string): number | undefined {
    const { services, replicaOfPod } = this.#context
    if (kind === 'services') {
      const candidates = services().filter((service) => service.name === name)
      return (candidates.find((service) => String(service.port) === port) ?? candidates[0])?.localPort
    }
    const replica = replicaOfPod(name)
    const declaredPort = replica?.spec.container.ports?.find(
      (one) => one.name === port || String(one.containerPort) === port,
    )
    return declaredPort && replica?.ports[declaredPort.name ?? '']
  }
}
