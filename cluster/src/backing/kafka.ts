// How is Kafka run on this machine? One KRaft broker as a host process on a directory that outlives
// it: after a kill and a start on the same directory it has all that it acknowledged.
import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ProcessHost, ProcessSpec } from '../process/host.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { thisMachine } from './config.ts'
import type { Machine } from './config.ts'
import { formatStorage, installedKafka, startedLogArgs, startedPattern } from './kafka-install.ts'
import type { KafkaInstall } from './kafka-install.ts'
import { kafkaProperties, propertiesFile, scramCredentials } from './kafka-properties.ts'
import type { KafkaAddresses, Sizing } from './kafka-properties.ts'

export interface KafkaOptions extends KafkaAddresses {
  /** Configuration and data live here. */
  readonly dir: string
  readonly sizing: Sizing
  /** The process's name in its host; default `kafka`. */
  readonly name?: string
  readonly progress?: StepProgress
  readonly machine?: Machine
}

export interface KafkaConnection {
  /** For clients on this machine: `127.0.0.1:<port>`. */
  readonly bootstrapServers: string
  /** For pods, where a listener for them was requested: `<host>:<port>`. */
  readonly podBootstrapServers: string | undefined
  /** With TLS and a password, where requested: `<host>:<port>`. */
  readonly securedBootstrapServers: string | undefined
}

export async function startKafka(host: ProcessHost, options: KafkaOptions): Promise<KafkaConnection> {
  const install = await installedKafka(options.machine ?? thisMachine(), options.progress ?? silent)
  const dataDir = join(options.dir, 'data')
  const propertiesPath = join(options.dir, 'server.properties')
  const properties = propertiesFile(kafkaProperties(dataDir, options, options.sizing))
  await fs.mkdir(options.dir, { recursive: true })
  await fs.writeFile(propertiesPath, properties, { mode: 0o600 })
  await fs.chmod(propertiesPath, 0o600) // it holds a key now, where an older one held none
  await formatStorage(install, dataDir, propertiesPath, options.secured ? scramCredentials(options.secured) : [])
  await host.start(kafkaProcess(install, options, propertiesPath, properties))
  const { port, pods, secured } = options
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    podBootstrapServers: pods && `${pods.host}:${pods.port}`,
    securedBootstrapServers: secured && `${secured.host}:${secured.port}`,
  }
}

/**
 * Compiles less and collects in one thread: half the processor time until a start or restart is
 * over, a broker's peak is lower.
 */
const thrifty = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const forThroughput = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=50']

function jvmFlags(sizing: Sizing): string[] {
  if (sizing === 'tests') return ['-Xmx256m', '-Xms64m', ...thrifty]
  // The JVM would write figures for jps and jstat twenty times a second.
  if (sizing === 'dev') return ['-Xmx512m', '-Xms96m', '-XX:-UsePerfData', ...thrifty]
  // Where the broker shares few cores with a whole cluster, its compiler threads would take the
  // cores when pods start.
  return ['-Xmx1g', '-Xms256m', ...(availableParallelism() <= 4 ? thrifty : forThroughput)]
}

function kafkaProcess(
  install: KafkaInstall,
  options: KafkaOptions,
  propertiesPath: string,
  properties: string,
): ProcessSpec {
  // The host leaves a process alone whose description is the same, so the description must change
  // with the configuration.
  const configuration = createHash('sha256').update(properties).digest('hex').slice(0, 12)
  const jvm = [...jvmFlags(options.sizing), `-Dorderpipeline.configuration=${configuration}`, ...startedLogArgs]
  return {
    name: options.name ?? 'kafka',
    command: install.java.command,
    args: [...jvm, ...install.jvmArgs, 'kafka.Kafka', propertiesPath],
    cwd: options.dir,
    ready: { kind: 'log', pattern: startedPattern },
    readyTimeoutMs: 180_000,
    stopTimeoutMs: 30_000,
  }
}
