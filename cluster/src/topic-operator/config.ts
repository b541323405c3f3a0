// How is the stand-in configured? Where Kafka and the API server are, and which resources are its
// own.
import { readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'

const schema = z.object({
  /** host:port, comma-separated. */
  KAFKA_BOOTSTRAP_SERVERS: z
    .string()
    .regex(/^[^,\s:]+:\d+(,[^,\s:]+:\d+)*$/)
    .describe('host:port, comma-separated'),
  /** A path; the client's usual places when absent. */
  KUBECONFIG: variables.text('a path').optional(),
  /** One namespace; all when absent. */
  WATCH_NAMESPACE: variables.text().optional(),
  /** Only resources whose label strimzi.io/cluster has this value; any when absent. */
  KAFKA_CLUSTER: variables.text().optional(),
})

export type TopicOperatorConfig = z.infer<typeof schema>

/** @throws ConfigError */
export function topicOperatorConfig(env: Environment): TopicOperatorConfig {
  return readConfig(schema, env)
}
