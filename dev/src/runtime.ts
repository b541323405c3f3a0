// What does a running pipeline consist of, and in which order does it come and go? The state
// directory, the backing, the objects, those who work on them, and the ways in.
import { sleep } from '@orderpipeline/retry'
import type { PostgresConnection } from '@orderpipeline/cluster/supervised'
import { kafkaConnection } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import type { Deployment } from '@orderpipeline/operator/api'
import { gatewayName, partsOf } from '@orderpipeline/operator/pipeline'
import { Autoscalers } from './act/autoscalers.ts'
import { lagOf } from './act/lag.ts'
import type { Lag } from './act/lag.ts'
import { keyOfPipeline, loopSettings, operatorLoop } from './act/loop.ts'
import type { Loop } from './act/loop.ts'
import { processLimit } from './act/memory.ts'
import type { PipelineFile } from './act/pipeline-file.ts'
import { migrate, runJobs } from './act/preparation.ts'
import type { Programs } from './act/programs.ts'
import { programFor } from './act/run-command.ts'
import { Topics } from './act/topics.ts'
import { Workloads } from './act/workloads.ts'
import type { LocalService } from './decide/environment.ts'
import { devServicesName, usesDevIssuer } from './decide/shop-profile.ts'
import { everyPartWorks } from './decide/every-part-works.ts'
import type { Foundation } from './foundation.ts'
import { LivePipeline } from './live-pipeline.ts'
import type { Summary } from './next-steps.ts'
import { containerOf, partOf } from './objects/deployments.ts'
import { initialObjects, localServices, isNamed } from './objects/initial-objects.ts'
import { localObjects } from './objects/local-objects.ts'
import type { LocalObjects } from './objects/local-objects.ts'
import { carrierDeployment, carrierName, providerDeployment, providerName } from './objects/stand-ins.ts'
import type { DevOptions } from './options.ts'
import { fillProfile, profileObjects } from './profile.ts'
import type { Steps } from './steps.ts'
import { printWhenReady } from './when-ready.ts'
import { WaysIn } from './ways-in.ts'

const smtpPort = 1025
const hpaSyncMs = 15_000
const lagIntervalMs = 4_000
const minFreeBytes = 400 * 2 ** 20
/** The status reports a stage that is not ready by then; the others can be used. */
const longestStartMs = 180_000

export class Runtime {
  readonly #options: DevOptions
  readonly #file: PipelineFile
  readonly #steps: Steps
  readonly #print: (line: string) => void
  readonly #foundation: Foundation
  readonly #objects: LocalObjects
  readonly #pipeline: LivePipeline
  readonly #waysIn: WaysIn
  #services: LocalService[] = []
  #replicaPort: number | undefined
  #programs: Programs | undefined
  #kafka: KafkaConnection | undefined
  #topics: Topics | undefined
  #workloads: Workloads | undefined
  #autoscalers: Autoscalers | undefined
  #loop: Loop | undefined
  readonly #polling = new AbortController()
  /** The pipeline works, or is not waited for any more. */
  readonly #begun = Promise.withResolvers<void>()

  constructor(options: DevOptions, file: PipelineFile, on: Foundation, steps: Steps, print: (line: string) => void) {
    this.#options = options
    this.#file = file
    this.#foundation = on
    this.#steps = steps
    this.#print = print
    const objects = localObjects(
      () => new Date(),
      (change) => this.#changed(change.object),
    )
    this.#objects = objects
    this.#pipeline = new LivePipeline({ file, objects, print, edited: () => this.#addStandIns() })
    this.#waysIn = new WaysIn({
      ...{ options, on, pipeline: this.#pipeline, objects, print },
      services: () => this.#services,
      replicaOfPod: (pod) => this.#workloads?.replicaOfPod(pod),
      gateways: () => this.#readyGateways(),
    })
  }

  async start(signal: AbortSignal): Promise<void> {
    const { kafka } = this.#foundation
    const [database, programs] = await Promise.all([this.#foundation.database, this.#foundation.programs])
    this.#programs = programs
    // Its failure is reported at once, and not after the migration.
    const [kafkaPort] = await Promise.all([kafka, signal.aborted ? undefined : this.#migrate(database)])
    if (signal.aborted) return
    await this.#addServices(kafkaPort, database)
    const { current } = this.#pipeline
    for (const object of initialObjects(current, database, this.#file.secrets, this.#services, this.#replicaPort))
      this.#objects.put(object)
    await this.#runJobs()
    if (signal.aborted) return
    await this.#begin(kafkaPort)
  }

  /**
   * As soon as every part has a replica that is ready, or after so long that one of them may never
   * be.
   */
  async untilWorking(signal: AbortSignal): Promise<void> {
    const total = (): string => `${this.#readyReplicas()} replicas ready`
    const latest = performance.now() + longestStartMs
    await this.#steps.run('Stages', async (progress) => {
      while (!signal.aborted && !this.#works() && performance.now() < latest) {
        progress.note(total())
        await sleep(100, signal)
      }
    })
    this.#begun.resolve()
    if (!signal.aborted && !this.#works())
      this.#pipeline.note('not every stage has a ready replica yet; the command explain below says why')
  }

  /** Says when the pipeline is Ready, or after two minutes why it is not. */
  untilSettled(signal: AbortSignal, print: (line: string) => void): Promise<void> {
    return printWhenReady(() => this.#pipeline.stored(), signal, print)
  }

  summary(): Summary {
    return {
      pipeline: this.#pipeline.current.metadata.name,
      file: this.#options.files[0] ?? '',
      gateway: this.#waysIn.gateway,
      console: this.#waysIn.console,
      provider: this.#has(providerName) ? this.#addressOf(providerName) : undefined,
      devServices: this.#addressOf(devServicesName),
      tokens: usesDevIssuer(this.#pipeline.current),
      notes: this.#pipeline.notes,
      notRun: this.#deployments().flatMap((one) => {
        const program = this.#programOf(one)
        return 'missing' in program ? [`${partOf(one)} (${program.missing})`] : []
      }),
      state: this.#foundation.state.dir,
    }
  }

  /** The entrance first, then the stages, then what they stand on. */
  async close(): Promise<void> {
    this.#begun.resolve()
    this.#waysIn.ignoreEdits()
    this.#autoscalers?.close()
    await this.#loop?.close()
    this.#polling.abort()
    const stages = this.#pipeline.current.spec.stages.map(({ name }) => name)
    await this.#workloads?.close([[gatewayName], stages, [providerName, carrierName]], undefined)
    await this.#waysIn.close()
    await this.#topics?.close()
    await this.#kafka?.close()
    const { table, state } = this.#foundation
    table.refuseStarts()
    const processes = await table.list()
    // What still starts has nothing to finish, and may never be ready, as on a full disk.
    for (const { pid, state: progress } of processes) if (progress === 'starting' && pid !== undefined) endAtOnce(pid)
    await Promise.all(processes.map(({ name }) => table.stop(name)))
    await state.release()
  }

  killAll(): void {
    this.#workloads?.killAll()
    this.#foundation.table.killAll()
  }

  async #migrate(database: PostgresConnection): Promise<void> {
    if (this.#programs && this.#pipeline.current.spec.database) await migrate(database, this.#programs, this.#steps)
  }

  async #addServices(kafkaPort: number, database: PostgresConnection): Promise<void> {
    await this.#waysIn.openGateway()
    const { ports } = this.#foundation
    const { replica, ...profilePorts } = await fillProfile(this.#options, this.#foundation, this.#pipeline)
    this.#replicaPort = replica
    this.#services = localServices(this.#pipeline.current, {
      kafka: kafkaPort,
      database: database.port,
      provider: await ports.port(providerName),
      carrier: await ports.port(carrierName),
      gateway: this.#waysIn.gatewayPort,
      ...profilePorts,
    })
  }

  #addressOf(service: string): string | undefined {
    const port = this.#services.find(({ name }) => name === service)?.localPort
    return port === undefined ? undefined : `http://127.0.0.1:${port}`
  }

  /** Their ports. */
  #readyGateways(): number[] {
    const gateways = this.#workloads?.all().filter(({ spec, ready }) => spec.part === gatewayName && ready) ?? []
    return gateways.flatMap(({ ports }) => ports['http'] ?? [])
  }

  async #runJobs(): Promise<void> {
    const context = {
      services: this.#services,
      secret: (name: string, key: string) => this.#secret(this.#pipeline.namespace, name, key),
    }
    await runJobs(this.#file.jobs, this.#options.run, context, this.#steps, (text) => this.#pipeline.note(text))
  }

  #secret(namespace: string, name: string, key: string): string | undefined {
    const secret = this.#objects.get('Secret', namespace, name) as
      { readonly data?: Readonly<Record<string, string>> } | undefined
    const text = secret?.data?.[key]
    return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
  }

  async #begin(kafkaPort: number): Promise<void> {
    const connection = kafkaConnection({
      bootstrapServers: `127.0.0.1:${kafkaPort}`,
      clientId: 'orderpipeline-dev',
      timeoutMs: 8_000,
    })
    this.#kafka = connection
    const lag = lagOf(connection, {
      pipelines: () => [this.#pipeline.current],
      updated: () => this.#loop?.wake(),
      intervalMs: lagIntervalMs,
      receivedBytes: () => this.#waysIn.receivedBytes,
    })
    const topics = new Topics(this.#objects, connection, this.#print)
    this.#topics = topics
    const loop = this.#makeControllers(lag)
    await topics.recall(this.#pipeline.current)
    topics.run()
    this.#pipeline.store()
    for (const object of profileObjects(this.#options, this.#foundation, this.#pipeline.current))
      this.#objects.put(object)
    this.#addStandIns()
    this.#workloads?.run()
    this.#autoscalers?.run()
    void lag.poller.run(this.#polling.signal)
    await this.#waysIn.open(this.#begun.promise, this.#addressOf(devServicesName))
    loop.wake()
  }

  /** Those who work on the objects: none of them runs yet. */
  #makeControllers(lag: Lag): Loop {
    const [objects, print, now] = [this.#objects, this.#print, () => Date.now()]
    const workloads = new Workloads({
      ...{ objects, print, now, minFreeBytes },
      dir: this.#foundation.state.logs,
      maxProcesses: processLimit(this.#options.maxProcesses),
      programOf: (part, container) => programFor(part, container, this.#programs, this.#options.run),
      services: () => this.#services,
      secret: (namespace, name, key) => this.#secret(namespace, name, key),
      fixedPorts: (part) => this.#fixedPorts(part),
      minReplicasOf: (part) =>
        partsOf(this.#pipeline.current.spec).find(({ name }) => name === part)?.scaling.minReplicas ?? 1,
    })
    this.#workloads = workloads
    this.#autoscalers = new Autoscalers({
      ...{ objects, syncMs: hpaSyncMs, now, random: Math.random, print },
      lagOf: lag.of,
      replicasOf: (deployment) => workloads.replicasOf(deployment),
      canRun: (deployment) => this.#canRun(deployment),
    })
    const key = keyOfPipeline(this.#pipeline.current)
    const failed = (error: unknown): void => print(`internal: ${String(error)}`)
    this.#loop = operatorLoop(objects, key, loopSettings(), lag, failed)
    return this.#loop
  }

  #fixedPorts(part: string): Readonly<Record<string, number>> {
    if (![providerName, carrierName, devServicesName].includes(part)) return {}
    const own = this.#services.filter(({ name }) => name === part)
    return Object.fromEntries(own.map(({ port, localPort }) => [port === smtpPort ? 'smtp' : 'http', localPort]))
  }

  #has(deployment: string): boolean {
    return this.#objects.get('Deployment', this.#pipeline.namespace, deployment) !== undefined
  }

  /** Adds the payment provider and the carrier, each where a stage's variables name its Service. */
  #addStandIns(): void {
    const { current, namespace } = this.#pipeline
    const missing = (name: string): boolean => isNamed(name, current, this.#services) && !this.#has(name)
    const { database } = current.spec
    if (database && missing(providerName)) this.#objects.put(providerDeployment(namespace, database))
    if (missing(carrierName)) this.#objects.put(carrierDeployment(namespace))
  }

  #changed({ kind, metadata }: { readonly kind: string; readonly metadata: { readonly name: string } }): void {
    if (kind === 'KafkaTopic') this.#topics?.mark(metadata.name)
    if (kind === 'Deployment') this.#workloads?.wake()
    if (kind === 'ScaledObject') this.#autoscalers?.wake()
    if (['OrderPipeline', 'KafkaTopic', 'Deployment', 'ScaledObject'].includes(kind)) this.#loop?.wake()
  }

  #deployments(): readonly Deployment[] {
    return this.#objects.all('Deployment') as readonly Deployment[]
  }

  #programOf(deployment: Deployment) {
    return programFor(partOf(deployment), containerOf(deployment), this.#programs, this.#options.run)
  }

  #canRun(deployment: Deployment): boolean {
    return !('missing' in this.#programOf(deployment))
  }

  #readyReplicas(): number {
    return this.#workloads?.all().filter((replica) => replica.ready).length ?? 0
  }

  #works(): boolean {
    return everyPartWorks(this.#deployments(), {
      parts: partsOf(this.#pipeline.current.spec).length,
      canRun: (deployment) => this.#canRun(deployment),
      hasReady: (name) => this.#workloads?.replicasOf(name).some(({ ready }) => ready) ?? false,
    })
  }
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
