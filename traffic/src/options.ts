// Which load does the command line describe? Its options become a trace or a burst. An error names
// the wrong option, what was found and what is allowed.
import { readFile } from 'node:fs/promises'
import type { Load } from './run.ts'
import { shape, shapeByName } from './trace/shapes.ts'
import { lasting, ordersIn, peaking } from './trace/trace.ts'
import type { Trace } from './trace/trace.ts'
import { traceIn, InvalidTraceError } from './trace/trace-text.ts'
import { InvalidOptionError, parsedCount, parsedDuration, parsedRate } from './units.ts'

export interface LoadFlags {
  readonly rate?: string
  readonly for?: string
  readonly shape?: string
  readonly trace?: string
  readonly burst?: string
}

export const defaults = { rate: '1000/min', for: '1m', customerSkew: '0.2', skuSkew: '0.5' }

/** @throws InvalidOptionError */
export async function loadOf(flags: LoadFlags): Promise<Load> {
  alone('burst', flags, ['trace', 'shape', 'rate', 'for'])
  alone('trace', flags, ['shape'])
  if (flags.burst !== undefined) return { burst: parsedCount(flags.burst, '--burst') }
  if (flags.trace !== undefined) {
    const trace = await traceFrom(flags.trace)
    const inTime = flags.for === undefined ? trace : lasting(trace, parsedDuration(flags.for, '--for'))
    return { trace: flags.rate === undefined ? inTime : peaking(inTime, parsedRate(flags.rate)) }
  }
  const perSecond = parsedRate(flags.rate ?? defaults.rate)
  const durationMs = parsedDuration(flags.for ?? defaults.for, '--for')
  return { trace: shape(shapeByName(flags.shape ?? 'steady', '--shape'), perSecond, durationMs) }
}

function alone(flag: keyof LoadFlags, flags: LoadFlags, others: readonly (keyof LoadFlags)[]): void {
  const conflicting = others.filter((other) => flags[other] !== undefined).map((other) => `--${other}`)
  if (flags[flag] === undefined || conflicting.length === 0) return
  const without = others.map((other) => `--${other}`).join(', ')
  throw new InvalidOptionError(
    `--${flag}: found together with ${conflicting.join(' and ')}; allowed: without ${without}`,
  )
}

async function traceFrom(path: string): Promise<Trace> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new InvalidOptionError(`--trace: ${error instanceof Error ? error.message : String(error)}`)
  })
  try {
    const trace = traceIn(text)
    if (ordersIn(trace) > 0) return trace
  } catch (error) {
    if (!(error instanceof InvalidTraceError)) throw error
    throw new InvalidOptionError(`--trace ${path}: ${error.message}`)
  }
  throw new InvalidOptionError(`--trace ${path}: found no order in it; allowed: one or more`)
}
