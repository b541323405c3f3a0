// Which settings does a console in a cluster have? All that it takes from its environment, read
// once, each value checked and named.
import { readConfig, variables } from '@orderpipeline/config'
import { z } from 'zod'
import { traceIdPlace } from '../model/orders.ts'
import { isPrometheusUrl } from '../prometheus/range-reader.ts'

const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const schema = z.object({
  /** The page is served here, by HTTP. */
  HTTP_PORT: variables.port().default(8080),
  LISTEN_ADDRESS: variables.listenAddress(),
  /** The namespaces whose pipelines it shows. */
  NAMESPACES: variables
    .list('names of namespaces, separated by commas')
    .refine((names) => names.every((name) => namePattern.test(name)))
    .refine((names) => names.length <= 50),
  /** Whether persons may act, each with the own token; else the console only reads. */
  ALLOW_WRITES: variables.flag().default(false),
  /** Origins under which browsers reach it, besides those of a port-forward. */
  ORIGINS: variables
    .list('origins such as https://console.example.com, separated by commas')
    .refine((origins) => origins.every(isOrigin))
    .default([]),
  /** The header in which a proxy that signs persons in passes their token; absent means none. */
  TOKEN_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
    .describe('the name of a header, such as Authorization')
    .optional(),
  /** Where the operator answers what it decided for stages scaled on flow; absent means nowhere. */
  FLOW_SCALER_URL: variables.url(['http', 'https']).optional(),
  /** The address of a trace with {traceId} in the place of its id; absent means without links. */
  TRACE_URL: z
    .string()
    .refine(isTraceUrl)
    .describe('an address such as https://jaeger.example.com/trace/{traceId}')
    .optional(),
  /** The Prometheus that keeps a longer history; absent means the console's own history alone. */
  PROMETHEUS_URL: z
    .string()
    .refine(isPrometheusUrl)
    .describe('the address of a Prometheus, such as http://prometheus.monitoring.svc:9090')
    .optional(),
  /** The API server, as Kubernetes tells every pod. */
  KUBERNETES_SERVICE_HOST: variables.text(),
  KUBERNETES_SERVICE_PORT: variables.port().default(443),
  /** Where the kubelet puts the token of the pod's account and the certificates. */
  SERVICE_ACCOUNT_FOLDER: variables.text().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  LOG_LEVEL: variables.logLevel().default('info'),
})

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}

export function isTraceUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && text.includes(traceIdPlace)
}

export type ClusterConfig = z.output<typeof schema>

/** @throws ConfigError with each wrong variable */
export function consoleConfig(env: Readonly<Record<string, string | undefined>>): ClusterConfig {
  return readConfig(schema, env)
}
