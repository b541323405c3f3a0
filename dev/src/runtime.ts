// What does a running pipeline consist of, and in which order does it come and go? The state
// directory, the backing, the objects, those who work on them, and the ways in: the gateway's port
// and the local API.
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@orderpipeline/retry'
import { CommandFailed, validation } from '@orderpipeline/cli/embedding'
import type { Validation } from '@orderpipeline/cli/embedding'
import { readLog } from '@orderpipeline/cluster/supervised'
import type { PostgresConnection, Ports } from '@orderpipeline/cluster/supervised'
import { kafkaConnection } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import type { Deployment, OrderPipeline } from '@orderpipeline/operator/api'
import { configFrom } from '@orderpipeline/operator/config'
import { gatewayName, partsOf, workloadName } from '@orderpipeline/operator/pipeline'
import { Autoscalers } from './act/autoscalers.ts'
import { devConsole } from './act/console.ts'
import { watchFiles } from './act/file-watch.ts'
import { gatewayProxy } from './act/gateway-proxy.ts'
import type { GatewayProxy } from './act/gateway-proxy.ts'
import { runToEnd } from './act/job.ts'
import { lagOf } from './act/lag.ts'
import type { Lag } from './act/lag.ts'
import { keyOfPipeline, operatorLoop } from './act/loop.ts'
import type { Loop } from './act/loop.ts'
import { readPipeline } from './act/pipeline-file.ts'
import type { PipelineFile } from './act/pipeline-file.ts'
import { answers, portHolder } from './act/port-holder.ts'
import type { Programs } from './act/programs.ts'
import { programFor, shellProgram } from './act/run-command.ts'
import { Topics } from './act/topics.ts'
import { containerOf, partOf, Workloads } from './act/workloads.ts'
import { EditRefused, startLocalApi } from './api/local-api.ts'
import type { LocalApi } from './api/local-api.ts'
import { names, processEnvironment } from './decide/environment.ts'
import type { LocalService } from './decide/environment.ts'
import { localPipeline, withLiveSuspension } from './decide/local-pipeline.ts'
import type { Foundation } from './foundation.ts'
import type { Summary } from './next-steps.ts'
import { localObjects } from './objects/local-objects.ts'
import type { LocalObjects } from './objects/local-objects.ts'
import {
  providerDeployment,
  providerName,
  secretObject,
  serviceObjects,
  servicesImageName,
} from './objects/stand-ins.ts'
import type { DevOptions } from './options.ts'
import type { State } from './state.ts'
import type { Steps } from './steps.ts'

const hpaSyncMs = 15_000
const lagIntervalMs = 4_000
const minFreeBytes = 400 * 2 ** 20
const usualGatewayPort = 30_080
/** The status reports a stage that is not ready by then; the others can be used. */
const longestStartMs = 180_000
/**
 * Goods to sell, as on the local cluster (charts/order-shop/values-local.yaml); a shop that has any
 * is left as it is.
 */
const demonstrationGoods = { SEED_PRODUCTS: '200', SEED_STOCK_QUANTITY: '1000000000' }
/** Memory of one replica itself, with a reserve. */
const replicaBytes = 100 * 2 ** 20

export class Runtime {
  readonly #options: DevOptions
  readonly #file: PipelineFile
  readonly #steps: Steps
  readonly #print: (line: string) => void
  #pipeline: OrderPipeline
  #notes: readonly string[]
  #services: LocalService[] = []
  readonly #foundation: Foundation
  #objects: LocalObjects | undefined
  #kafka: KafkaConnection | undefined
  #topics: Topics | undefined
  #workloads: Workloads | undefined
  #autoscalers: Autoscalers | undefined
  #loop: Loop | undefined
  #proxy: GatewayProxy | undefined
  #api: LocalApi | undefined
  #console: Awaited<ReturnType<typeof devConsole>>
  #watch: { close(): void } | undefined
  readonly #polling = new AbortController()
  /** The pipeline works, or is not waited for any more. */
  readonly #begun = Promise.withResolvers<void>()

  constructor(options: DevOptions, file: PipelineFile, on: Foundation, steps: Steps, print: (line: string) => void) {
    const { pipeline, notes } = localPipeline(file.pipeline)
    this.#options = options
    this.#file = file
    this.#foundation = on
    this.#steps = steps
    this.#print = print
    this.#pipeline = pipeline
    this.#notes = notes
  }

  async start(signal: AbortSignal): Promise<void> {
    const { state, ports, kafka } = this.#foundation
    const [database, programs] = await Promise.all([this.#foundation.database, this.#foundation.programs])
    // Its failure is reported at once, and not after the migration.
    const [kafkaPort] = await Promise.all([kafka, signal.aborted ? undefined : this.#migrate(database, programs)])
    if (signal.aborted) return
    await this.#addServices(ports, kafkaPort, database)
    const objects = this.#makeObjects(database)
    await this.#runJobs()
    if (signal.aborted) return
    await this.#begin(objects, kafkaPort, ports, state, programs)
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
      this.#notes = [...this.#notes, 'not every stage has a ready replica yet; the command explain below says why']
  }

  /** Says when the pipeline is Ready, or after two minutes why it is not. */
  async untilSettled(signal: AbortSignal, print: (line: string) => void): Promise<void> {
    const startedAt = performance.now()
    while (!signal.aborted) {
      const live = this.#live()
      const ready = live?.status?.conditions?.find(({ type }) => type === 'Ready')
      if (ready?.status === 'True') return print(`Ready: ${live?.status?.totals?.replicas ?? ''} replicas.`)
      if (performance.now() - startedAt > 120_000)
        return print(`Not Ready yet: ${ready?.reason ?? ''}: ${ready?.message ?? ''}`)
      await sleep(500, signal)
    }
  }

  summary(): Summary {
    const provider = this.#services.find(({ name }) => name === providerName)
    const deployments = (this.#objects?.all('Deployment') ?? []) as readonly Deployment[]
    return {
      pipeline: this.#pipeline.metadata.name,
      file: this.#options.files[0] ?? '',
      gateway: this.#proxy && `http://127.0.0.1:${this.#proxy.port}`,
      console: this.#console?.address,
      provider: provider && this.#hasProvider() ? `http://127.0.0.1:${provider.localPort}` : undefined,
      notes: this.#notes,
      notRun: deployments
        .filter((one) => !this.#canRun(one))
        .map((one) => `${partOf(one)} (${missingOf(this.#programOf(one))})`),
      state: this.#foundation.state.dir,
    }
  }

  /** The entrance first, then the stages, then what they stand on. */
  async close(): Promise<void> {
    this.#begun.resolve()
    this.#watch?.close()
    this.#autoscalers?.close()
    await this.#loop?.close()
    this.#polling.abort()
    await this.#workloads?.close(
      [[gatewayName], this.#pipeline.spec.stages.map(({ name }) => name), [providerName]],
      undefined,
    )
    await this.#console?.close()
    await this.#proxy?.close()
    await this.#api?.close()
    await this.#topics?.close()
    await this.#kafka?.close()
    const { table, state } = this.#foundation
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

  async #addServices(ports: Ports, kafkaPort: number, database: PostgresConnection): Promise<void> {
    const { metadata, spec } = this.#pipeline
    const namespace = metadata.namespace ?? 'default'
    const cluster = 'strimziCluster' in spec.kafka ? spec.kafka.strimziCluster : ''
    const gateway = spec.gateway
      ? [
          {
            name: workloadName(metadata.name, gatewayName),
            namespace,
            port: 8080,
            localPort: await this.#gatewayPort(ports),
          },
        ]
      : []
    this.#services = [
      { name: `${cluster}-kafka-bootstrap`, namespace, port: 9092, localPort: kafkaPort },
      { name: 'postgres', namespace, port: 5432, localPort: database.port },
      { name: providerName, namespace, port: 8080, localPort: await ports.port(providerName) },
      ...gateway,
    ]
  }

  /**
   * The port of the option, else the Service's own number. Where another process uses it, a message
   * says so and another port is chosen.
   */
  async #gatewayPort(ports: Ports): Promise<number> {
    const preferredPort = this.#options.port ?? this.#pipeline.spec.gateway?.service?.nodePort ?? usualGatewayPort
    const targets = (): number[] =>
      this.#workloads
        ?.all()
        .flatMap((replica) =>
          replica.spec.part === gatewayName && replica.ready ? (replica.ports['http'] ?? []) : [],
        ) ?? []
    try {
      if (await answers(preferredPort))
        throw Object.assign(new Error('a program answers there'), { code: 'EADDRINUSE' })
      this.#proxy = await gatewayProxy(preferredPort, targets)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      const holder = (await portHolder(preferredPort)) ?? 'another program, such as the local cluster'
      if (this.#options.port !== undefined)
        throw new CommandFailed(`--port: ${preferredPort} is in use by ${holder}.`, {
          advice: 'Choose another port, or end that program.',
          cause: error,
        })
      this.#proxy = await gatewayProxy(await ports.port('gateway'), targets)
      this.#notes = [
        ...this.#notes,
        `port ${preferredPort} is in use by ${holder}, so the gateway is at ${this.#proxy.port} (choose another with --port)`,
      ]
    }
    return this.#proxy.port
  }

  #makeObjects(database: PostgresConnection): LocalObjects {
    const { metadata, spec } = this.#pipeline
    const namespace = metadata.namespace ?? 'default'
    const objects = localObjects(
      () => new Date(),
      (change) => this.#changed(change.object),
    )
    this.#objects = objects
    const source = spec.database ?? { secretName: 'shop-postgres', key: 'url' }
    const url = ({ user, password }: { readonly user: string; readonly password: string }): string =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${database.port}/${database.database}`
    objects.put(secretObject(namespace, source.secretName, { [source.key]: url(database.services) }))
    objects.put(secretObject(namespace, `${source.secretName}-admin`, { [source.key]: url(database.admin) }))
    for (const { name, data } of this.#file.secrets) objects.put(secretObject(namespace, name, data))
    for (const service of this.#services)
      if (service.name !== workloadName(metadata.name, gatewayName))
        for (const object of serviceObjects(service)) objects.put(object)
    return objects
  }

  #secret(namespace: string, name: string, key: string): string | undefined {
    const secret = this.#objects?.get('Secret', namespace, name) as
      { readonly data?: Readonly<Record<string, string>> } | undefined
    const text = secret?.data?.[key]
    return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
  }

  /** Needs no Kafka, whose start takes longer. */
  async #migrate(database: PostgresConnection, programs: Programs | undefined): Promise<void> {
    if (!programs || !this.#pipeline.spec.database) return
    const variables = {
      DATABASE_URL: database.adminUrl,
      SERVICES_DATABASE_URL: servicesUrl(database),
      ...demonstrationGoods,
    }
    const program = {
      command: process.execPath,
      args: [join(programs.app, 'migrate.mjs')],
      cwd: programs.app,
      env: { ...programs.env },
    }
    await this.#steps.run('Tables and products', () => runToEnd('The migration', program, variables))
  }

  async #runJobs(): Promise<void> {
    const namespace = this.#pipeline.metadata.namespace ?? 'default'
    const services = this.#services
    const secret = (name: string, key: string) => this.#secret(namespace, name, key)
    for (const { name, container } of this.#file.jobs) {
      const command = this.#options.run.get(name)
      if (command === undefined) {
        this.#notes = [
          ...this.#notes,
          `the Job ${name} is not run here; use --run ${name}='<command>' to run a program instead`,
        ]
        continue
      }
      const environment = processEnvironment(container, { services, secret, ports: {} })
      if (environment.kind === 'incomplete') throw new CommandFailed(`The Job ${name} lacks ${environment.message}.`)
      await this.#steps.run(`Job ${name}`, () =>
        runToEnd(`The Job ${name}`, shellProgram(command, process.env), environment.variables),
      )
    }
  }

  #programOf(deployment: Deployment) {
    return programFor(partOf(deployment), containerOf(deployment), this.#programs, this.#options.run)
  }
  #programs: Programs | undefined

  #canRun(deployment: Deployment): boolean {
    return !('missing' in this.#programOf(deployment))
  }

  async #begin(
    objects: LocalObjects,
    kafkaPort: number,
    ports: Ports,
    state: State,
    programs: Programs | undefined,
  ): Promise<void> {
    this.#programs = programs
    const print = this.#print
    const now = () => Date.now()
    const connection = kafkaConnection({
      bootstrapServers: `127.0.0.1:${kafkaPort}`,
      clientId: 'orderpipeline-dev',
      timeoutMs: 8_000,
    })
    this.#kafka = connection
    const lag: Lag = lagOf(connection, {
      pipelines: () => [this.#pipeline],
      updated: () => this.#loop?.wake(),
      intervalMs: lagIntervalMs,
      receivedBytes: () => this.#proxy?.receivedBytes() ?? 0,
    })
    const topics = new Topics(objects, connection, print)
    this.#topics = topics
    const workloads = new Workloads({
      ...{ objects, dir: state.logs, maxProcesses: processLimit(this.#options.maxProcesses), minFreeBytes, print, now },
      programOf: (part, container) => programFor(part, container, programs, this.#options.run),
      services: () => this.#services,
      secret: (namespace, name, key) => this.#secret(namespace, name, key),
      fixedPorts: (part) => this.#fixedPorts(part),
      minReplicasOf: (part) => partsOf(this.#pipeline.spec).find(({ name }) => name === part)?.scaling.minReplicas ?? 1,
    })
    this.#workloads = workloads
    this.#autoscalers = new Autoscalers({
      ...{ objects, syncMs: hpaSyncMs, now, random: Math.random, print },
      lagOf: lag.of,
      replicasOf: (deployment) => workloads.replicasOf(deployment),
      canRun: (deployment) => this.#canRun(deployment),
    })
    const config = configFrom({ SERVICES_IMAGE: servicesImageName }, '')
    const settings = {
      servicesImage: config.servicesImage,
      imagePullPolicy: config.imagePullPolicy,
      imagePullSecrets: config.imagePullSecrets,
      serviceDomain: config.serviceDomain,
    }
    // A query that nothing here answers must not keep the rest from working: the note has said that
    // it scales nothing.
    const withPrometheus = { ...settings, prometheusUrl: 'http://prometheus.invalid' }
    this.#loop = operatorLoop(objects, keyOfPipeline(this.#pipeline), withPrometheus, lag.poller, (error) =>
      print(`internal: ${String(error)}`),
    )
    await topics.recall(this.#pipeline)
    topics.run()
    objects.put({ ...this.#pipeline, metadata: { ...this.#pipeline.metadata } })
    this.#addProvider(objects)
    workloads.run()
    this.#autoscalers.run()
    void lag.poller.run(this.#polling.signal)
    this.#api = await this.#startApi(objects, ports, state)
    const { name, namespace = 'default' } = this.#pipeline.metadata
    this.#console = await devConsole({
      ...{ kubeconfig: state.kubeconfig, ports, user: this.#options.user, print, namespace, cluster: `dev-${name}` },
      after: this.#begun.promise,
    })
    const gateway = this.#proxy && `http://127.0.0.1:${this.#proxy.port}`
    await state.record({ pipeline: this.#pipeline.metadata.name, ...(gateway === undefined ? {} : { gateway }) })
    const failed = (error: unknown): void => this.#print(`The edited file is not applied: ${String(error)}`)
    this.#watch = watchFiles(this.#options.files, () => void this.#edited().catch(failed))
    this.#loop.wake()
  }

  #fixedPorts(part: string): Readonly<Record<string, number>> {
    const service = part === providerName ? this.#services.find(({ name }) => name === providerName) : undefined
    return service ? { http: service.localPort } : {}
  }

  #hasProvider(): boolean {
    return this.#objects?.get('Deployment', this.#pipeline.metadata.namespace ?? 'default', providerName) !== undefined
  }

  /** Adds the payment provider where a stage's variables name its Service. */
  #addProvider(objects: LocalObjects): void {
    const { spec, metadata } = this.#pipeline
    const service = this.#services.find(({ name }) => name === providerName)
    const needsProvider =
      service &&
      spec.database &&
      spec.stages.some(({ env = [] }) => names({ env: env.map(({ name, value = '' }) => ({ name, value })) }, service))
    if (needsProvider && !this.#hasProvider())
      objects.put(providerDeployment(metadata.namespace ?? 'default', spec.database))
  }

  #startApi(objects: LocalObjects, ports: Ports, state: State): Promise<LocalApi> {
    const workloads = this.#workloads
    const portOf = (kind: 'pods' | 'services', name: string, port: string): number | undefined => {
      if (kind === 'services') return this.#services.find((service) => service.name === name)?.localPort
      const replica = workloads?.replicaOfPod(name)
      const declaredPort = replica?.spec.container.ports?.find(
        (one) => one.name === port || String(one.containerPort) === port,
      )
      return declaredPort && replica?.ports[declaredPort.name ?? '']
    }
    return ports.port('api').then((port) =>
      startLocalApi({
        ...{ objects, port, kubeconfigFile: state.kubeconfig, name: `dev-${this.#pipeline.metadata.name}`, portOf },
        namespace: this.#pipeline.metadata.namespace ?? 'default',
        kill: (pod) => workloads?.replicaOfPod(pod)?.kill(),
        logOf: (pod) =>
          workloads?.replicaOfPod(pod) ? readLog(join(state.logs, `${pod}.log`), 0, 4 << 20) : undefined,
        edit: (pipeline) => Promise.resolve(this.#carryOut(pipeline)),
      }),
    )
  }

  /** A change by the local API. @throws EditRefused */
  #carryOut(pipeline: OrderPipeline): OrderPipeline {
    const { status: _status, ...requestedPipeline } = pipeline
    const verdict = validation(requestedPipeline, this.#live())
    if (!verdict.accepted) throw new EditRefused(refusal(verdict))
    const { pipeline: local } = localPipeline(pipeline)
    this.#pipeline = local
    const storedObject = this.#objects?.put({
      apiVersion: local.apiVersion,
      kind: local.kind,
      metadata: local.metadata,
      spec: local.spec,
    })
    this.#addProviderIfStarted()
    return (storedObject ?? local) as OrderPipeline
  }

  #addProviderIfStarted(): void {
    if (this.#objects) this.#addProvider(this.#objects)
  }

  async #edited(): Promise<void> {
    const live = this.#live()
    try {
      const file = await readPipeline(this.#options.files, live && comparable(live, this.#file.pipeline))
      const { pipeline, notes } = localPipeline(file.pipeline)
      if (pipeline.metadata.name !== this.#pipeline.metadata.name)
        throw new CommandFailed(
          `metadata.name: found ${pipeline.metadata.name}; it cannot change while ${this.#pipeline.metadata.name} runs: end the command and start it again`,
        )
      const before = JSON.stringify(live?.spec)
      const carried = this.#carryOut(withLiveSuspension(pipeline, live, file.saysSuspend))
      if (JSON.stringify(carried.spec) === before) return
      this.#print('The edited file is applied.')
      for (const note of notes) if (!this.#notes.includes(note)) this.#print(`note: ${note}`)
      this.#notes = notes
    } catch (error) {
      if (!(error instanceof CommandFailed || error instanceof EditRefused)) throw error
      this.#print(`The edited file is not applied; the running pipeline stays as it is.\n${error.message}`)
    }
  }

  #changed({ kind, metadata }: { readonly kind: string; readonly metadata: { readonly name: string } }): void {
    if (kind === 'KafkaTopic') this.#topics?.mark(metadata.name)
    if (kind === 'Deployment') this.#workloads?.wake()
    if (kind === 'ScaledObject') this.#autoscalers?.wake()
    if (['OrderPipeline', 'KafkaTopic', 'Deployment', 'ScaledObject'].includes(kind)) this.#loop?.wake()
  }

  #live(): OrderPipeline | undefined {
    const { name, namespace = 'default' } = this.#pipeline.metadata
    return this.#objects?.get('OrderPipeline', namespace, name) as OrderPipeline | undefined
  }

  #readyReplicas(): number {
    return this.#workloads?.all().filter((replica) => replica.ready).length ?? 0
  }

  #works(): boolean {
    const deployments = ((this.#objects?.all('Deployment') ?? []) as readonly Deployment[]).filter((one) =>
      this.#canRun(one),
    )
    const parts = partsOf(this.#pipeline.spec).length
    const activeDeployments = deployments.filter(({ spec }) => (spec.replicas ?? 0) > 0)
    return (
      deployments.length > 0 &&
      (this.#objects?.all('Deployment').length ?? 0) >= parts &&
      activeDeployments.every(({ metadata }) =>
        this.#workloads?.replicasOf(metadata.name).some((replica) => replica.ready),
      )
    )
  }
}

/**
 * Where the system does not say how much memory can be had, as many as fit into most of what there
 * is.
 */
function processLimit(requestedLimit: number): number {
  return process.platform === 'linux'
    ? requestedLimit
    : Math.min(requestedLimit, Math.floor((totalmem() * 0.6) / replicaBytes))
}

function refusal({ unknownFields, causes, problems }: Validation): string {
  return [
    ...unknownFields.map(({ path }) => `unknown field "${path}"`),
    ...causes.map(({ field, message }) => `${field}: ${message}`),
    ...problems.map(({ path, message }) => `${path}: ${message}`),
  ].join('; ')
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function missingOf(program: object): string {
  return 'missing' in program ? String(program.missing) : ''
}

function servicesUrl({ services, port, database }: PostgresConnection): string {
  return `postgres://${encodeURIComponent(services.user)}:${encodeURIComponent(services.password)}@127.0.0.1:${port}/${database}`
}

/**
 * The Kafka of this machine stands in for the file's: the rules on what may change compare what the
 * file said with what it says.
 */
function comparable(live: OrderPipeline, file: OrderPipeline): OrderPipeline {
  return {
    ...live,
    spec: { ...live.spec, kafka: file.spec.kafka },
  }
}
