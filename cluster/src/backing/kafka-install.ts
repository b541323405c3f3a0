// Where do Kafka's jars and its class archive come from? Maven Central, and one short training run:
// the JVM keeps the classes it loaded in an archive, which halves every later start.
import { promises as fs } from 'node:fs'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { withFileLock } from '../process/file-lock.ts'
import { reservedPort } from '../process/ports.ts'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import type { Machine } from './config.ts'
import { exists } from '../files.ts'
import { findJava } from './java.ts'
import type { Java } from './java.ts'
import { kafkaProperties, propertiesFile } from './kafka-properties.ts'
import { mavenJars } from './maven.ts'

export const kafkaVersion = '4.4.0'

export interface KafkaInstall {
  readonly java: Java
  /** Arguments of every Kafka program: quick start-up, the class path. */
  readonly jvmArgs: readonly string[]
}

const artifacts = [
  // The pom of 4.4.0 names kafka-tools-api, which was never published; nothing that runs a broker
  // needs it.
  { coordinates: `org.apache.kafka:kafka_2.13:${kafkaVersion}`, exclusions: ['org.apache.kafka:kafka-tools-api'] },
  { coordinates: 'org.slf4j:slf4j-simple:1.7.36' },
]

export async function installedKafka(machine: Machine, progress: StepProgress): Promise<KafkaInstall> {
  const java = await findJava(17, machine, progress)
  const jars = await mavenJars(`kafka-${kafkaVersion}`, artifacts, machine, progress)
  const bare: KafkaInstall = { java, jvmArgs: ['-cp', join(jars, '*')] }
  const archive = join(dirname(jars), `classes-java-${java.version}.jsa`)
  if (!(await exists(archive)))
    await withFileLock(`${archive}.lock`, async () => {
      if (await exists(archive)) return
      progress.expect(9_000)
      progress.note('training the class archive for quick starts of Kafka')
      await train(bare, archive).catch(() => fs.writeFile(archive, '')) // a start without it is slower and as right
    })
  return { java, jvmArgs: ['-Xshare:auto', '-Xlog:disable', `-XX:SharedArchiveFile=${archive}`, ...bare.jvmArgs] }
}

/**
 * Writes the storage format that a broker expects in a new log directory; does nothing to a
 * formatted one.
 */
export async function formatStorage(
  install: KafkaInstall,
  dataDir: string,
  propertiesPath: string,
  credentials: readonly string[] = [],
): Promise<void> {
  if (await exists(join(dataDir, 'meta.properties'))) return
  const format = [
    'format',
    '--ignore-formatted',
    '--cluster-id',
    clusterId(),
    '--config',
    propertiesPath,
    ...credentials,
  ]
  const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...install.jvmArgs, 'kafka.tools.StorageTool', ...format]
  await run(install.java.command, args, { timeoutMs: 60_000 })
}

function clusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? clusterId() : id // the tool would take it for an option
}

async function train(install: KafkaInstall, archive: string): Promise<void> {
  const dir = await fs.mkdtemp(join(dirname(archive), '.train-'))
  try {
    const [broker, controller] = [await reservedPort(), await reservedPort()]
    const ports = { port: broker.port, controllerPort: controller.port }
    const properties = kafkaProperties(join(dir, 'data'), ports, 'tests')
    const file = join(dir, 'server.properties')
    await fs.writeFile(file, propertiesFile(properties))
    await formatStorage(install, join(dir, 'data'), file)
    const newArchive = join(dir, basename(archive))
    // The collector must be the one of later runs: part of the archive depends on it.
    const flags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-XX:ArchiveClassesAtExit=${newArchive}`]
    await startedThenStopped(install.java.command, [
      ...flags,
      ...startedLogArgs,
      ...install.jvmArgs,
      'kafka.Kafka',
      file,
    ])
    await fs.rename(newArchive, archive)
  } finally {
    await fs.rm(dir, { recursive: true, force: true })
  }
}

/** Log level: warnings, and the one line that says that the broker serves. */
export const startedLogArgs = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]
export const startedPattern = 'Kafka Server started'

function startedThenStopped(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    const deadline = setTimeout(() => child.kill('SIGKILL'), 90_000)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(startedPattern)) child.kill('SIGTERM')
    })
    child.on('error', reject)
    child.on('exit', (_code, signal) => {
      clearTimeout(deadline)
      if (signal === 'SIGKILL') reject(new Error('Kafka did not start and stop within 90 s'))
      else resolve()
    })
  })
}
