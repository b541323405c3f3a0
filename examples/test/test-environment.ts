// How do the tests of the examples run one? As the process its container would be, with nothing but
// the environment contract.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compileCache } from '@orderpipeline/cluster/supervised'
import { environmentFor, kafkaBootstrap, freePort, securedKafka } from '@orderpipeline/cluster/testing'
import { until } from '@orderpipeline/stage/testing'
import type { Bench } from '@orderpipeline/stage/testing'

export const examples = join(import.meta.dirname, '..')

export interface Stage {
  readonly name: string
  readonly consumes: readonly string[]
  readonly emits: string
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningStage {
  readonly output: () => string
  /** Status and text. */
  get(path: string): Promise<{ status: number; text: string } | undefined>
  /** By SIGTERM, or by SIGKILL. Returns the exit code, `null` after a SIGKILL. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  /**
   * @throws Error with what it printed, when it has ended by itself: nothing that is waited for
   * would come.
   */
  assertRunning(): void
}

const running = new Set<RunningStage>()

export async function endAll(): Promise<void> {
  await Promise.all([...running].map((stage) => stage.end('SIGKILL')))
}

/** Ready once it resolves. */
export async function start(
  bench: Bench,
  stage: Stage,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningStage> {
  const port = await freePort()
  const [program, ...args] = stage.command
  const full = (topics: readonly string[]): string => topics.map((topic) => bench.prefix + topic).join(',')
  const child = spawn(program, args, {
    env: {
      ...compileCache(),
      ORDERPIPELINE_NAMESPACE: 'test',
      ORDERPIPELINE_PIPELINE: bench.prefix.slice(0, -1),
      ORDERPIPELINE_STAGE: stage.name,
      KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
      KAFKA_GROUP_ID: bench.prefix + stage.name,
      KAFKA_TOPIC_PREFIX: bench.prefix,
      KAFKA_CONSUME_TOPICS: full(stage.consumes),
      KAFKA_EMIT_TOPICS: full([stage.emits]),
      KAFKA_DEAD_LETTER_TOPIC: full([`${stage.name}.dead-letters`]),
      STAGE_CONCURRENCY: '20',
      STAGE_RETRY_ATTEMPTS: '3',
      STAGE_RETRY_BACKOFF_SECONDS: '0.05',
      METRICS_PORT: String(port),
      ...stage.env,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = once(child, 'exit') as Promise<[number | null]>
  const get: RunningStage['get'] = async (path) => {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) })
      return { status: answer.status, text: await answer.text() }
    } catch {
      return undefined
    }
  }
  const handle: RunningStage = {
    output: () => output,
    get,
    assertRunning: () => {
      if (child.exitCode === null && child.signalCode === null) return
      throw new Error(`${stage.name} ended with ${child.exitCode ?? child.signalCode}: ${output}`)
    },
    end: async (signal = 'SIGTERM') => {
      running.delete(handle)
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return (await exited)[0]
    },
  }
  running.add(handle)
  await until(async () => {
    handle.assertRunning()
    return (await get('/readyz'))?.status === 200
  })
  return handle
}

/** The exit code and output of a process that must fail to start. */
export async function failedStart(
  stage: Stage,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const [program, ...args] = stage.command
  const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, output }
}

/** Settings for a Kafka that requires TLS and a password. */
export function secured(): Record<string, string> {
  return environmentFor(securedKafka())
}
