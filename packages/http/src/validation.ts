// What exactly is wrong with a request? Every wrong field at once: its path, what was found there
// and what is allowed.
import { valueText } from '@orderpipeline/config'
import type { z } from 'zod'
import { HttpProblemError } from './problem.ts'
import type { FieldProblem } from './problem.ts'

/** A body can be wrong in thousands of places: the answer to it must not be many times as large. */
const mostProblems = 20
/** Characters of a path: the caller chooses the names of fields. */
const longestPath = 120

/**
 * The value a schema makes of `input`, or a 400 that lists every problem, the first 20 if there are
 * more.
 */
export function parsed<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const problems = fieldProblems(result.error, input)
  const firstProblems = problems.slice(0, mostProblems)
  const rest = problems.length - firstProblems.length
  const fields = [...firstProblems.map(({ path }) => path), ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new HttpProblemError(400, 'Invalid Request', `${count} in: ${fields}`, { problems: firstProblems })
}

export function fieldProblems(error: z.ZodError, input: unknown): readonly FieldProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        found: valueText(valueAt(input, [...issue.path, key])),
        allowed: 'no such field',
      }))
    return [{ path: pathText(issue.path), found: valueText(valueAt(input, issue.path)), allowed: allowedText(issue) }]
  })
}

function allowedText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${article(issue.expected)} ${issue.expected}`
    case 'too_small':
      return `at least ${issue.minimum}${unit(issue.origin, issue.minimum)}`
    case 'too_big':
      return `at most ${issue.maximum}${unit(issue.origin, issue.maximum)}`
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'invalid_format':
      // zod's own texts start so; any other was written for the caller.
      return issue.message.startsWith('Invalid') ? `a valid ${issue.pattern ?? issue.format}` : issue.message
    default:
      return issue.message
  }
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}

function unit(origin: string, count: number | bigint): string {
  const one = Number(count) === 1
  if (origin === 'string') return one ? ' character' : ' characters'
  if (origin === 'array') return one ? ' entry' : ' entries'
  return ''
}

function pathText(steps: readonly PropertyKey[]): string {
  const text = steps.map(stepText).join('')
  if (text === '') return 'body'
  const path = text.replace(/^\./, '')
  return path.length > longestPath ? `${path.slice(0, longestPath)}…` : path
}

/** An empty name would be invisible. */
function stepText(step: PropertyKey): string {
  return typeof step === 'number' ? `[${step}]` : step === '' ? '[""]' : `.${String(step)}`
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  )
}
