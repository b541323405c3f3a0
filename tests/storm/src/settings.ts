// How long, how large and how chosen is a storm? Read from the environment and the command line; a
// wrong value is named with what was found and what is allowed. Pure.
import { parseArgs } from 'node:util'

export interface Settings {
  readonly minutes: number
  /** Placed at the beginning. */
  readonly orders: number
  readonly seed: number
  /** For everything to end once the faults have stopped, at most. */
  readonly drainMinutes: number
  /** Without it, a file in the directory for temporary files. */
  readonly report: string | undefined
  readonly json: boolean
  readonly help: boolean
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

export const usage = `npm run test:storm -- [--json] [--help]

Several faults at once, for a long time, on the real stages, PostgreSQL and Kafka: a PostgreSQL that is
slow or silent, replicas that come and go (SIGTERM and SIGKILL), a payment provider that fails a third
of its calls, a gateway that is killed, and a backlog placed at the beginning. Ends with 0 when every
order ended exactly once and memory stayed flat, with 1 when not, with 2 when called with a wrong option.

  STORM_MINUTES        duration of the faults: 0.1 to 1440 (default 20)
  STORM_ORDERS         orders placed at the beginning: 1 to 10000000 (default 100000)
  STORM_DRAIN_MINUTES  time for all orders to end after the faults: 0.1 to 1440 (default 20)
  STORM_SEED           seed of all choices: 0 to 4294967295 (default random; it is printed)
  STORM_REPORT         file for the samples as JSON lines; the processes' own output goes to <file>.log
  --json               the result as JSON on standard output
`

type Environment = Readonly<Record<string, string | undefined>>

/** @throws SettingsError, one line for each wrong value */
export function settingsOf(env: Environment, args: readonly string[], chance: () => number): Settings {
  const problems: string[] = []
  const number = (name: string, least: number, most: number, otherwise: number, whole: boolean): number => {
    const text = env[name]
    if (text === undefined || text === '') return otherwise
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
    const kind = whole ? 'a whole number' : 'a number'
    problems.push(`${name}: found ${JSON.stringify(text)}; allowed: ${kind} from ${least} to ${most}`)
    return otherwise
  }
  const flags = flagsOf(args, problems)
  const settings = {
    minutes: number('STORM_MINUTES', 0.1, 1_440, 20, false),
    orders: number('STORM_ORDERS', 1, 10_000_000, 100_000, true),
    drainMinutes: number('STORM_DRAIN_MINUTES', 0.1, 1_440, 20, false),
    seed: number('STORM_SEED', 0, 2 ** 32 - 1, Math.floor(chance() * 2 ** 32), true),
    report: env.STORM_REPORT === '' ? undefined : env.STORM_REPORT,
    ...flags,
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  return settings
}

function flagsOf(args: readonly string[], problems: string[]): { json: boolean; help: boolean } {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    const { values } = parseArgs({ args: [...args], options })
    return { json: values.json ?? false, help: values.help ?? false }
  } catch (error) {
    problems.push(`${error instanceof Error ? error.message.split('\n')[0] : String(error)}; allowed: --json, --help`)
    return { json: false, help: false }
  }
}
