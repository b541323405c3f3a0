// What exactly is wrong with a request? Every wrong field at once: its path, what was found there and what is allowed.
import type { z } from 'zod'
import { HttpProblem, type FieldProblem } from './problem.ts'

/** The value a schema makes of `input`, or a 400 that lists every problem. */
export function parsed<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const problems = fieldProblems(result.error, input)
  const fields = problems.map((problem) => problem.path).join(', ')
  throw new HttpProblem(400, 'Invalid Request', `${problems.length} problem(s) in: ${fields}`, { problems })
}

export function fieldProblems(error: z.ZodError, input: unknown): readonly FieldProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        found: found(valueAt(input, [...issue.path, key])),
        allowed: 'no such field',
      }))
    return [{ path: pathText(issue.path), found: found(valueAt(input, issue.path)), allowed: allowed(issue) }]
  })
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${article(issue.expected)} ${issue.expected}`
    case 'too_small':
      return `at least ${issue.minimum}${unit(issue.origin)}`
    case 'too_big':
      return `at most ${issue.maximum}${unit(issue.origin)}`
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'invalid_format':
      // zod's own texts start so; any other was written for the caller.
      return issue.message.startsWith('Invalid') ? `a valid ${issue.pattern ?? issue.format}` : issue.message
    default:
      return issue.message
  }
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? 'an' : 'a')

function unit(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' entries' : ''
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return text === '' ? 'body' : text.replace(/^\./, '')
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  )
}

function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
