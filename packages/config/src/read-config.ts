// How does a program read its configuration? Once, from its environment, through a zod schema, into
// a frozen object. Every wrong variable is one line that names the variable, what was found and
// what is allowed; a secret's value is never shown.
import * as z from 'zod'
import { valueText } from './value-text.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly reason = 'ConfigurationInvalid'
  readonly retry = false
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** A connection string carries its password, so it counts as a secret too. */
const secret = /URL|PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIAL|DSN/i

/**
 * Reads the variables a schema names. An empty variable counts as not set, since that is how a
 * container spec unsets one. Throws ConfigError with one line per wrong variable.
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment,
): Readonly<z.output<z.ZodObject<Shape>>> {
  const values = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, env[name]?.trim()] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  )
  const result = schema.safeParse(values)
  if (result.success) return Object.freeze(result.data)
  const byVariable = new Map<string, string>()
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? '')
    if (!byVariable.has(name)) byVariable.set(name, issue.message)
  }
  throw new ConfigError(
    [...byVariable].map(([name, message]) => {
      if (name === '') return message
      const allowedText = descriptionOf(schema.shape[name]) ?? message
      return `${name}: found ${foundText(name, values[name])}; allowed: ${allowedText}`
    }),
  )
}

function foundText(name: string, value: string | undefined): string {
  if (value === undefined) return 'nothing'
  if (secret.test(name)) return `a value of ${value.length} characters (not shown)`
  return valueText(value, { characters: 80 })
}

/** `.default()` and `.optional()` wrap a schema and hide its description: look inside. */
function descriptionOf(schema: unknown): string | undefined {
  let current: unknown = schema
  while (current instanceof z.ZodType) {
    if (current.description !== undefined) return current.description
    if (!(current instanceof z.ZodDefault || current instanceof z.ZodOptional)) return undefined
    current = current.unwrap()
  }
  return undefined
}
