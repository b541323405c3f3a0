// What does the profile `shop` add to a pipeline? What a shop has from outside and its file leaves
// open: an issuer of tokens, a mail server, a collector of traces, Redis and a read replica, as
// variables of its built-in parts. What the file sets stays as it is; only AUTH=none, which keeps a
// gateway open for a trial, gives way to the issuer. Pure.
import type { OrderPipeline, OrderPipelineSpec } from '@orderpipeline/operator/api'

export const devServicesName = 'dev-services'
export const redisName = 'redis'
/** The Secret with the replica's URL: the name of the database's own, and this. */
export const replicaSuffix = '-replica'

/** What runs here besides the development services. */
export interface ProfileParts {
  readonly redis: boolean
  readonly replica: boolean
}

type Env = NonNullable<NonNullable<OrderPipelineSpec['gateway']>['env']>
type Variable = Env[number]

const http = `http://${devServicesName}:8080`
export const staffScope = 'shop.staff'

const authentication: Readonly<Record<string, string>> = {
  AUTH_ALGORITHMS: 'RS256',
  AUTH_ISSUER: http,
  AUTH_AUDIENCE: 'orders',
  AUTH_JWKS_URL: `${http}/jwks`,
  AUTH_STAFF_SCOPE: staffScope,
}
const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: http }
const mail = { SMTP_URL: `smtp://${devServicesName}:1025`, MAIL_FROM: 'Shop <shop@shop.invalid>' }
/**
 * Requests of one customer in a minute: far more than a person sends, and than the usual load does.
 */
const limits = { RATE_LIMIT_PER_CUSTOMER: '1200' }
const requestLog = { HTTP_REQUEST_LOG: 'problems' }
/** `npm run load` decides which of its orders are traced; all orders of other callers are. */
const tracePeers = { TRACE_TRUSTED_PEERS: '127.0.0.0/8' }

export function withShopProfile(pipeline: OrderPipeline, parts: ProfileParts): OrderPipeline {
  const { spec } = pipeline
  const { gateway, database } = spec
  return {
    ...pipeline,
    spec: {
      ...spec,
      ...(gateway && isBuiltIn(gateway)
        ? { gateway: { ...gateway, env: gatewayEnv(gateway.env ?? [], parts, database) } }
        : {}),
      stages: spec.stages.map((stage) =>
        isBuiltIn(stage)
          ? {
              ...stage,
              env: filled(stage.env ?? [], stage.name === 'notification' ? { ...tracing, ...mail } : tracing),
            }
          : stage,
      ),
    },
  }
}

/** Whether the gateway knows its callers by the development issuer. */
export function usesDevIssuer({ spec }: OrderPipeline): boolean {
  return spec.gateway?.env?.some(({ name, value }) => name === 'AUTH_ISSUER' && value === http) ?? false
}

function gatewayEnv(env: Env, { redis, replica }: ProfileParts, database: OrderPipelineSpec['database']): Env {
  const open = env.filter(({ name, value }) => !(name === 'AUTH' && value === 'none'))
  const issuer = open.some(({ name }) => /^AUTH(_|$)/.test(name)) ? {} : authentication
  const texts = { ...tracing, ...tracePeers, ...requestLog, ...limits }
  const all = filled(filled(open, issuer), redis ? { ...texts, REDIS_URL: `redis://${redisName}:6379` } : texts)
  if (!replica || !database || all.some(({ name }) => name === 'DATABASE_REPLICA_URL')) return all
  const secretKeyRef = { name: `${database.secretName}${replicaSuffix}`, key: database.key }
  return [...all, { name: 'DATABASE_REPLICA_URL', secretKeyRef }]
}

/** The variables that are not there yet go behind the others. */
function filled(env: Env, values: Readonly<Record<string, string>>): Env {
  const names = new Set(env.map(({ name }) => name))
  const added = Object.entries(values).filter(([name]) => !names.has(name))
  return [...env, ...added.map(([name, value]): Variable => ({ name, value }))]
}

function isBuiltIn({
  image,
  builtIn,
}: {
  readonly image?: string | undefined
  readonly builtIn?: boolean | undefined
}) {
  return image === undefined || builtIn === true
}
