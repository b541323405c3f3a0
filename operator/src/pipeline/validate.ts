// Is a spec valid where the schema cannot check it? Problems with path, reason and what to do; with
// none the spec may be applied.
import { clearedTopic, topicOf } from '@orderpipeline/order-events'
import type { OrderPipelineSpec, Placement, Problem } from '../api/index.ts'
import { lagThreshold } from './desired/autoscalers.ts'
import type { AutoscalerSettings } from './desired/autoscalers.ts'
import { budgetProblems } from './desired/budget.ts'
import { defaults } from './desired/environment.ts'
import { greenSuffix } from './children/names.ts'
import { partsOf } from './children/parts.ts'
import { templateProblems } from './desired/pod-template.ts'
import { runsBuiltIn } from './kafka/choreography.ts'
import { quantity } from './plan/quantity.ts'
import { scheduleProblems } from './scaling/schedule.ts'

/** `settings` are the operator's; without them the checks that need them are left out. */
export function validate(spec: OrderPipelineSpec, settings?: Pick<AutoscalerSettings, 'prometheusUrl'>): Problem[] {
  return [
    ...namesTaken(spec),
    ...budgetProblems(spec),
    ...drainTimes(spec),
    ...scheduleProblems(spec),
    ...templateProblems(spec),
    ...releasesWithoutTopic(spec),
    ...(settings && settings.prometheusUrl === undefined ? prometheusMissing(spec) : []),
    ...(spec.gateway ? resourceProblems(spec.gateway, 'spec.gateway') : []),
    ...spec.stages.flatMap((stage) => resourceProblems(stage, `spec.stages[${stage.name}]`)),
  ]
}

/** The schema refuses this too, but not in a pipeline that is older than that rule. */
function namesTaken(spec: OrderPipelineSpec): Problem[] {
  const parts = new Set(partsOf(spec).map(({ name }) => name))
  return spec.stages.flatMap(({ name }): Problem[] => {
    const other = name.endsWith(greenSuffix) ? name.slice(0, -greenSuffix.length) : undefined
    if (other === undefined || !parts.has(other)) return []
    const message = `the second Deployment of ${other}, which a blue-green change-over creates, would have the name of this stage: give the stage another name`
    return [{ path: `spec.stages[${name}].name`, reason: 'NameTaken', message }]
  })
}

function drainTimes(spec: OrderPipelineSpec): Problem[] {
  return spec.stages
    .filter((stage) => lagThreshold(stage) < 1)
    .map((stage) => ({
      path: `spec.stages[${stage.name}].scaling.drainSeconds`,
      reason: 'DrainTooShort',
      message: `a replica needs ${stage.workSeconds ?? 0} s per message, with concurrency ${stage.concurrency ?? defaults.concurrency}, so that it cannot drain any lag within ${stage.scaling.drainSeconds ?? 0} s`,
    }))
}

/**
 * The gateway publishes the release of a held order to a topic that no stage needs to name. Without
 * this topic the release would stop the relay, and every order behind it.
 */
function releasesWithoutTopic({ stages, topics }: OrderPipelineSpec): Problem[] {
  const holdsTopic = topicOf('HoldRequested')
  const holds = stages.some(
    (stage) =>
      stage.name === 'orders' && runsBuiltIn(stage) && stage.consumes.some(({ topic }) => topic === holdsTopic),
  )
  if (!holds || topics.some(({ name }) => name === clearedTopic)) return []
  const message = `stage orders consumes ${holdsTopic}, and the release of a held order is published to ${clearedTopic}: declare this topic, too`
  return [{ path: 'spec.topics', reason: 'TopicMissing', message }]
}

function prometheusMissing(spec: OrderPipelineSpec): Problem[] {
  return spec.stages
    .filter(({ scaling }) => scaling.prometheus !== undefined)
    .map(({ name }) => ({
      path: `spec.stages[${name}].scaling.prometheus`,
      reason: 'PrometheusMissing',
      message: 'the operator has no Prometheus server: install it with prometheusUrl, or remove this trigger',
    }))
}

function resourceProblems({ resources = {} }: Placement, path: string): Problem[] {
  return Object.entries(resources.requests ?? {}).flatMap(([name, request]): Problem[] => {
    const limit = resources.limits?.[name]
    if (limit === undefined || quantity(request) <= quantity(limit)) return []
    const at = `${path}.resources.requests.${name}`
    return [{ path: at, reason: 'ResourcesInvalid', message: `the request ${request} is above the limit ${limit}` }]
  })
}
