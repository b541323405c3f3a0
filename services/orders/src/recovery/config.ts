// Which settings does the recover-orders program read, and what is it asked to do?
import { databaseSettings, databaseVariables, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { kafkaVariables } from '@orderpipeline/kafka'
import { z } from 'zod'

const schema = z.object({
  ...databaseVariables,
  ...kafkaVariables,
  /** As the stages have it: the pipeline's name and a dot. */
  KAFKA_TOPIC_PREFIX: variables.text().default(''),
})

/** @throws ConfigError */
export function recoveryConfig(env: Environment) {
  const config = readConfig(schema, env)
  return { kafka: config, prefix: config.KAFKA_TOPIC_PREFIX, address: databaseSettings(config) }
}

export interface RecoveryArguments {
  readonly since: Date
  readonly write: boolean
  readonly json: boolean
}

/** @throws TypeError */
export function recoveryArguments(args: readonly string[], now: Date): RecoveryArguments {
  const flags = args.filter((arg) => arg.startsWith('-'))
  const times = args.filter((arg) => !arg.startsWith('-'))
  const unknown = flags.filter((flag) => flag !== '--yes' && flag !== '--json')
  const since = /^\d{4}-\d\d-\d\dT/.test(times[0] ?? '') ? new Date(times[0] ?? '') : new Date(NaN)
  if (unknown.length > 0 || times.length !== 1 || !(since <= now))
    throw new TypeError(
      `arguments: found ${JSON.stringify(args.join(' '))}; allowed: a time in the past such as 2026-01-31T11:00:00Z, --yes, --json`,
    )
  return { since, write: flags.includes('--yes'), json: flags.includes('--json') }
}
