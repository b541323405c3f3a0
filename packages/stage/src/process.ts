// How does a stage run as a process of its own, from its environment to its exit code?
import { refuseToRun, runConfigured, trustAuthorities } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { createLogger, drainOnSignals } from '@orderpipeline/process'
import { createRegistry, startMetricsServer, startTracing } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry, Tracing } from '@orderpipeline/telemetry'
import { stageConfig } from './config.ts'
import { startStage } from './run.ts'
import type { StageDefinition } from './run.ts'

/** What only a process's main may look at. */
export interface ProcessInputs {
  readonly env: Environment
  readonly now: () => Date
}

export interface StageContext {
  readonly logger: Logger
  readonly now: () => Date
  readonly registry: Registry
  /** Where traces are wanted. Closed with the stage. */
  readonly tracing?: Tracing | undefined
}

/** With what the pipeline says of the stage. */
export interface ProcessContext extends StageContext {
  /** Whether it has the stage consume, or emit, this topic; without its prefix. */
  readonly consumes: (topic: string) => boolean
  readonly emits: (topic: string) => boolean
}

/**
 * `define` may read further variables; a ConfigError ends the process with a line for each wrong
 * variable.
 */
export async function runStageProcess<Prepared>(
  { env, now }: ProcessInputs,
  define: (context: ProcessContext) => StageDefinition<Prepared>,
): Promise<void> {
  await runConfigured(async () => {
    const config = stageConfig(env)
    trustAuthorities(config)
    const logger = createLogger({
      service: config.ORDERPIPELINE_STAGE,
      level: config.LOG_LEVEL,
      fields: { pipeline: config.ORDERPIPELINE_PIPELINE },
    })
    const registry = createRegistry({ pipeline: config.ORDERPIPELINE_PIPELINE, stage: config.ORDERPIPELINE_STAGE })
    const tracedService = { service: config.ORDERPIPELINE_STAGE, pipeline: config.ORDERPIPELINE_PIPELINE }
    const tracing = await startTracing(config, tracedService, logger)
    const { KAFKA_TOPIC_PREFIX: prefix, KAFKA_CONSUME_TOPICS: consumed, KAFKA_EMIT_TOPICS: emitted } = config
    const consumes = (topic: string) => consumed.includes(prefix + topic)
    const emits = (topic: string) => emitted.includes(prefix + topic)
    const definition = define({ logger, now, registry, tracing, consumes, emits })
    const dependencies = { registry, logger, now, tracing, onMisconfigured: (problem: string) => refuseToRun(problem) }
    const stage = startStage(definition, config, dependencies)
    const starting = startMetricsServer({
      port: config.METRICS_PORT,
      host: config.LISTEN_ADDRESS,
      registry,
      ready: () => stage.ready(),
      healthy: () => stage.healthy(),
    })
    drainOnSignals(
      [
        { name: 'stage', close: () => stage.drain() },
        { name: 'metrics', close: async () => (await starting).close() },
      ],
      { graceMs: config.DRAIN_GRACE_SECONDS * 1_000, logger },
    )
    await starting
    logger.info({ group: config.KAFKA_GROUP_ID, topics: config.KAFKA_CONSUME_TOPICS }, 'started')
  })
}
