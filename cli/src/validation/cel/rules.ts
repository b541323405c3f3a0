// Does an object meet the CEL rules (`x-kubernetes-validations`) of its schema? validation.ts calls
// this for `orderpipeline validate`. Each rule is evaluated at every path that has it, and its
// message is built as by the API server. Pure.
import { Optional } from '@marcbachmann/cel-js'
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js'
import { cause, isRecord } from '../cause.ts'
import type { Cause, CauseReason, Path } from '../cause.ts'
import type { Rule, Schema } from '../schema.ts'
import { celValue } from './convert.ts'
import { ruleLanguage } from './environment.ts'

export interface RuleResult {
  readonly causes: readonly Cause[]
  /** Transition rules that had no older value to compare with. */
  readonly skippedRules: readonly SkippedRule[]
}

export interface SkippedRule {
  readonly path: Path
  readonly message: string
}

interface Place {
  readonly value: unknown
  readonly old: unknown
  readonly schema: Schema
  readonly path: Path
}

/**
 * `old` is the previous object; without it transition rules are not evaluated, as when an object is
 * created.
 */
export function evaluateRules(value: unknown, old: unknown, schema: Schema): RuleResult {
  const causes: Cause[] = []
  const skippedRules: SkippedRule[] = []
  for (const place of places({ value, old, schema, path: [] })) {
    for (const rule of place.schema['x-kubernetes-validations'] ?? []) {
      const compiled = compile(rule.rule)
      if (usesOldSelf(compiled.ast) && place.old === undefined && rule.optionalOldSelf !== true)
        skippedRules.push({ path: place.path, message: messageOf(rule) })
      else causes.push(...brokenRule(rule, compiled, place))
    }
  }
  return { causes: causes, skippedRules }
}

function* places(place: Place): Generator<Place> {
  const { value, old, schema, path } = place
  if (value === null || value === undefined) return
  yield place
  if (Array.isArray(value) && schema.items) {
    for (const [index, item] of value.entries())
      yield* places({ value: item, old: twin(item, old, schema), schema: schema.items, path: [...path, index] })
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      const before = isRecord(old) ? old[key] : undefined
      const field = schema.properties?.[key]
      if (field) yield* places({ value: item, old: before, schema: field, path: [...path, key] })
      else if (schema.additionalProperties)
        yield* places({ value: item, old: before, schema: schema.additionalProperties, path: [...path, { key }] })
    }
  }
}

/**
 * Only the items of a list that is a map are the same ones after a change; other lists have no
 * memory.
 */
function twin(item: unknown, old: unknown, schema: Schema): unknown {
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !Array.isArray(old) || !isRecord(item)) return undefined
  return (old as unknown[]).find((one) => isRecord(one) && keys.every((key) => one[key] === item[key]))
}

function brokenRule(rule: Rule, compiled: ParseResult, { value, old, schema, path }: Place): Cause[] {
  const self = celValue(value, schema)
  const before = old === undefined ? undefined : celValue(old, schema)
  const context = {
    self,
    ...(rule.optionalOldSelf ? { oldSelf: before === undefined ? Optional.none() : Optional.of(before) } : {}),
    ...(!rule.optionalOldSelf && before !== undefined ? { oldSelf: before } : {}),
  }
  const typeShown = { shown: schema.type ?? '' }
  try {
    if (compiled(context) === true) return []
  } catch (error) {
    return [cause('FieldValueInvalid', path, `${problemText(error)} evaluating rule: ${messageOf(rule)}`, typeShown)]
  }
  const at = [...path, ...fieldSteps(rule.fieldPath ?? '')]
  const detail = rule.messageExpression === undefined ? undefined : computedMessage(rule.messageExpression, context)
  const reason = (rule.reason ?? 'FieldValueInvalid') as CauseReason
  const shownValue = isRecord(value) || Array.isArray(value) ? undefined : { shown: value }
  return [cause(reason, at, detail ?? rule.message?.trim() ?? `failed rule: ${rule.rule.trim()}`, shownValue)]
}

/** undefined where the server, too, falls back to the fixed message. */
function computedMessage(expression: string, context: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const text: unknown = compile(expression)(context)
    const trimmed = typeof text === 'string' ? text.trim() : ''
    return trimmed === '' || trimmed.includes('\n') ? undefined : trimmed
  } catch {
    return undefined
  }
}

function messageOf({ message, rule }: Rule): string {
  return (message ?? rule).trim()
}

function problemText(error: unknown): string {
  const summary = error instanceof Error && 'summary' in error ? String(error.summary) : String(error)
  return summary.replace(/^No such key/, 'no such key')
}

const language = ruleLanguage()
const compiledRules = new Map<string, ParseResult>()

/** @throws where a rule is not one: of our own schema, so a mistake in this program. */
export function compile(expression: string): ParseResult {
  const compiledRule = compiledRules.get(expression) ?? language.parse(expression)
  compiledRules.set(expression, compiledRule)
  return compiledRule
}

function usesOldSelf(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'oldSelf'
  const inner = (args: unknown): boolean =>
    Array.isArray(args) ? args.some(inner) : isNode(args) ? usesOldSelf(args) : false
  return inner(node.args)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

/** `.stages` or `.requests['cpu']`. */
function fieldSteps(fieldPath: string): string[] {
  return [...fieldPath.matchAll(/\.([^.[\]]+)|\['([^']*)'\]/g)].map(([, name, key]) => name ?? key ?? '')
}
