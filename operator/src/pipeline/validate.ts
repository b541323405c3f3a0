// Does a spec make sense where the schema cannot tell? Problems with path, reason and what to do; none means it may be applied.
import type { OrderPipelineSpec, Placement, Problem } from '../api/index.ts'
import { type AutoscalerSettings, lagThreshold } from './autoscalers.ts'
import { largestReplicaCount, poolSize } from './budget.ts'
import { quantity } from './quantity.ts'

/** `settings` are the operator's; without them what depends on them is not judged. */
export const validate = (spec: OrderPipelineSpec, settings?: Pick<AutoscalerSettings, 'prometheusUrl'>): Problem[] => [
  ...connectionBudget(spec),
  ...drainTimes(spec),
  ...(settings && settings.prometheusUrl === undefined ? prometheusMissing(spec) : []),
  ...(spec.gateway ? resourceProblems(spec.gateway, 'spec.gateway') : []),
  ...spec.stages.flatMap((stage) => resourceProblems(stage, `spec.stages[${stage.name}]`)),
]

const connectionBudget = (spec: OrderPipelineSpec): Problem[] => {
  if (poolSize(spec) >= 1) return []
  const replicas = largestReplicaCount(spec)
  return [
    {
      path: 'spec.database.maxConnections',
      reason: 'ConnectionBudgetExceeded',
      message:
        `${spec.database?.maxConnections ?? 0} connections cannot give each of up to ${replicas} replicas one: ` +
        `raise it to ${replicas}, lower maxReplicas, or put a pooler in transaction mode before the database`,
    },
  ]
}

const drainTimes = (spec: OrderPipelineSpec): Problem[] =>
  spec.stages
    .filter((stage) => lagThreshold(stage) < 1)
    .map((stage) => ({
      path: `spec.stages[${stage.name}].scaling.drainSeconds`,
      reason: 'DrainTooShort',
      message: `one message takes a replica ${stage.workSeconds ?? 0} s with concurrency ${stage.concurrency ?? 1}, so no lag can be drained within ${stage.scaling.drainSeconds ?? 0} s`,
    }))

const prometheusMissing = (spec: OrderPipelineSpec): Problem[] =>
  spec.stages
    .filter(({ scaling }) => scaling.prometheus !== undefined)
    .map(({ name }) => ({
      path: `spec.stages[${name}].scaling.prometheus`,
      reason: 'PrometheusMissing',
      message:
        'the operator is not set to a Prometheus server: install it with prometheusUrl, or take this trigger out',
    }))

const resourceProblems = ({ resources = {} }: Placement, path: string): Problem[] =>
  Object.entries(resources.requests ?? {}).flatMap(([name, request]): Problem[] => {
    const limit = resources.limits?.[name]
    if (limit === undefined || quantity(request) <= quantity(limit)) return []
    const at = `${path}.resources.requests.${name}`
    return [{ path: at, reason: 'ResourcesInvalid', message: `the request ${request} is above the limit ${limit}` }]
  })
