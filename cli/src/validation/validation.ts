// Would the API server take this object, and the operator carry it out? The server's whole check,
// in its order and its words, and then the operator's own, for which the object must make sense to
// the server first.
import type { OrderPipeline, Problem } from '@orderpipeline/operator/api'
import { validate } from '@orderpipeline/operator/pipeline'
import { cause, isRecord, pathText } from './cause.ts'
import type { Cause } from './cause.ts'
import { evaluateRules } from './cel/rules.ts'
import { decoded } from './decode.ts'
import type { UnknownField } from './decode.ts'
import { metadataCauses } from './metadata.ts'
import { orderPipelineResource } from './schema.ts'
import type { CustomResource } from './schema.ts'
import { duplicateCauses } from './uniqueness.ts'
import { valueCauses } from './values.ts'

export interface Validation {
  readonly accepted: boolean
  readonly unknownFields: readonly UnknownField[]
  readonly causes: readonly Cause[]
  /** What the operator would answer in the condition Configured. */
  readonly problems: readonly Problem[]
  /**
   * Transition rules that cannot be evaluated without an older version:
   * `spec.topics[0].partitions: partitions can grow but never shrink`.
   */
  readonly skippedRules: readonly string[]
  /** With every default, when the server would take it. */
  readonly pipeline: OrderPipeline | undefined
}

const blocking = new Set<Cause['reason']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** `old` is the version in the cluster, where there is one. */
export function validation(value: unknown, old?: unknown, resource = orderPipelineResource()): Validation {
  const wrongType = typeProblem(value, resource)
  if (wrongType) return refusal([], [wrongType])
  const { object, unknownFields } = decoded(created(value), resource.schema)
  const before = old === undefined ? undefined : decoded(old, resource.schema).object
  const form = [
    ...metadataCauses(object),
    ...valueCauses(object, resource.schema),
    ...duplicateCauses(object, resource.schema),
  ]
  if (form.some(({ reason }) => blocking.has(reason)))
    return refusal(unknownFields, [
      ...form,
      cause(
        'FieldValueInvalid',
        [],
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        { shown: null },
      ),
    ])
  const rules = evaluateRules(object, before, resource.schema)
  const causes = [...form, ...rules.causes]
  if (causes.length > 0 || unknownFields.length > 0) return refusal(unknownFields, causes)
  const pipeline = object as OrderPipeline
  const problems = validate(pipeline.spec)
  const skippedRules = rules.skippedRules.map(({ path, message }) => `${pathText(path)}: ${message}`)
  return { accepted: problems.length === 0, unknownFields, causes, problems, skippedRules, pipeline }
}

function refusal(unknownFields: readonly UnknownField[], causes: readonly Cause[]): Validation {
  return {
    accepted: false,
    unknownFields,
    causes,
    problems: [],
    skippedRules: [],
    pipeline: undefined,
  }
}

/** A status is the operator's to write: the server leaves one that comes with the spec out. */
function created(value: unknown): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'status'))
}

function typeProblem(value: unknown, { apiVersion, kind }: CustomResource): Cause | undefined {
  const manifest = isRecord(value) ? value : {}
  if (manifest['kind'] !== kind)
    return cause('FieldValueInvalid', ['kind'], `must be ${kind}`, { shown: manifest['kind'] })
  if (manifest['apiVersion'] === apiVersion) return undefined
  return cause('FieldValueInvalid', ['apiVersion'], `must be ${apiVersion}`, { shown: manifest['apiVersion'] ?? '' })
}
