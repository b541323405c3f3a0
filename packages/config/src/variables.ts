// Which kinds of variable are there, and what does each allow?
import * as z from 'zod'

/**
 * The kinds of variable a service has; each says what it allows. Add `.default(…)` or `.optional()`
 * where it may be absent.
 */
export const variables = {
  text: (description = 'a text that is not empty') => z.string().min(1).describe(description),

  integer: (min: number, max: number) =>
    z
      .string()
      .regex(/^-?\d+$/)
      .transform(Number)
      .pipe(z.number().int().min(min).max(max))
      .describe(`a whole number from ${min} to ${max}`),

  number: (min: number, max: number) =>
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max))
      .describe(`a number from ${min} to ${max}`),

  /** 0 means any free port, which tests use. */
  port: () => variables.integer(0, 65_535),

  /** Where a server listens: every address of the machine, or one, such as 127.0.0.1. */
  listenAddress: () =>
    z
      .union([z.ipv4(), z.ipv6()])
      .describe('an address of this machine, such as 0.0.0.0 for all or 127.0.0.1')
      .default('0.0.0.0'),

  flag: () =>
    z
      .enum(['true', 'false', '1', '0'])
      .transform((value) => value === 'true' || value === '1')
      .describe('true or false'),

  oneOf: <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
    z.enum(choices).describe(`one of ${choices.join(', ')}`),

  /** Comma-separated; spaces around an entry are dropped. */
  list: (description = 'a comma-separated list') =>
    z
      .string()
      .transform((value) =>
        value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== ''),
      )
      .pipe(z.array(z.string()).min(1))
      .describe(description),

  url: (protocols: readonly [string, ...string[]]) =>
    z
      .string()
      .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.replace(/:$/, '')))
      .describe(`a URL starting with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`),

  logLevel: () => variables.oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
}
