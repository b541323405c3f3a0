// Is the spec valid, and is all of it applied?
import type { ConditionResult } from '../../api/index.ts'
import { tightBudget } from '../desired/budget.ts'
import { holds, fails, list } from './condition-results.ts'
import { missingAuthentication } from '../desired/gateway-authentication.ts'
import { everyOf } from '../plan/missing-kinds.ts'
import type { DeferredObject, PipelineObservation } from './pipeline-observation.ts'

export function configured(observation: PipelineObservation): ConditionResult {
  const { pipeline, problems, failures, deferred: deferredObjects = [], contested = [] } = observation
  const [problem] = problems
  if (problem) return fails(problem.reason, problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
  const failure = failures.find(({ reason }) => reason === 'NotOwned') ?? failures[0]
  const messages = [...failures.map(({ message }) => message), ...deferredMessages(deferredObjects)]
  const [waiting] = deferredObjects
  if (failure) return fails(failure.reason, list(messages))
  if (waiting) return fails(waiting.cause.reason, list(messages))
  if (pipeline.metadata.deletionTimestamp !== undefined) return fails('Deleting', 'the pipeline is being deleted')
  if (contested.length > 0) return holds('Contested', list(contested))
  const unsaid = missingAuthentication(pipeline.spec)
  if (unsaid !== undefined) return holds('AuthenticationUnset', unsaid)
  const { standby } = pipeline.status?.operator ?? {}
  if (standby) return holds('SecondOperator', secondOperator(standby.name))
  const tight = tightBudget(pipeline.spec)
  return tight === undefined
    ? holds('Applied', `the spec is valid and applied${withoutRules(observation)}`)
    : holds('ConnectionBudgetTight', tight)
}

/** Objectives work without a Prometheus operator: only their rules have to be loaded by hand. */
function withoutRules({ pipeline, blocked }: PipelineObservation): string {
  const absence = pipeline.spec.slo && blocked?.get(everyOf('PrometheusRule'))
  return absence ? `; missing ${absence.what}` : ''
}

function secondOperator(name: string): string {
  return `the spec is applied; a second operator, ${name}, watches this pipeline too and stands by: let only one installation watch each namespace (watchNamespace)`
}

/** One message for each cause, because several objects often wait for the same. */
function deferredMessages(deferredObjects: readonly DeferredObject[]): string[] {
  return [...new Set(deferredObjects.map(({ cause }) => cause.what))].map((what) => {
    const objects = deferredObjects.filter(({ cause }) => cause.what === what).map(({ object }) => object)
    return `not created or changed because of ${what}: ${list(objects, ', ')}`
  })
}
