// How is the stand-in configured? Where Kafka and the API server are, and which resources are its
// own.
import { z } from 'zod'

const schema = z.object({
  /** host:port, comma-separated. */
  KAFKA_BOOTSTRAP_SERVERS: z.string().regex(/^[^,\s:]+:\d+(,[^,\s:]+:\d+)*$/, 'must be host:port, comma-separated'),
  /** A path; the client's usual places when absent. */
  KUBECONFIG: z.string().optional(),
  /** One namespace; all when absent. */
  WATCH_NAMESPACE: z.string().optional(),
  /** Only resources whose label strimzi.io/cluster has this value; any when absent. */
  KAFKA_CLUSTER: z.string().optional(),
})

export type Config = z.infer<typeof schema>

/** @throws Error of one line that names the variable, what was found and what is allowed. */
export function configOf(env: Readonly<Record<string, string | undefined>>): Config {
  const setVariables = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = schema.safeParse(setVariables)
  if (parsed.success) return Object.freeze(parsed.data)
  const issue = parsed.error.issues[0]
  const name = String(issue?.path[0])
  throw new Error(`${name}: ${issue?.message}, found ${JSON.stringify(setVariables[name])}`)
}
