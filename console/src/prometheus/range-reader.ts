// How is a Prometheus asked for figures over a time? By its HTTP API, in bounded time, for an
// answer of bounded size.
import { CommandError } from '@orderpipeline/client'
import { z } from 'zod'
import type { Values } from './part-histories.ts'

export interface TimeRange {
  /** Unix milliseconds. */
  readonly from: number
  readonly to: number
  readonly stepMs: number
}

/** The values of a query by those of one label. @throws CommandError */
export type RangeReader = (expr: string, label: string, range: TimeRange) => Promise<ReadonlyMap<string, Values>>

const timeoutMs = 10_000
/** Thirty stages over a day are half a megabyte. */
const longestAnswer = 8 << 20

const matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        /** Unix seconds, and the value as text. */
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

/** The address of a Prometheus, or of what answers as one; a path before its API is kept. */
export function isPrometheusUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

export function rangeReader(url: string): RangeReader {
  const api = `${url.replace(/\/+$/, '')}/api/v1/query_range`
  return async (expr, label, { from, to, stepMs }) => {
    const query = new URLSearchParams({
      ...{ query: expr, start: String(from / 1_000), end: String(to / 1_000), step: String(stepMs / 1_000) },
      timeout: `${timeoutMs / 1_000}s`,
    })
    const { data } = matrixIn(url, await answerText(url, `${api}?${query.toString()}`))
    return new Map(
      data.result.map(({ metric, values }) => [
        metric[label] ?? '',
        new Map(values.map(([at, value]) => [Math.round(at * 1_000), Number(value)])),
      ]),
    )
  }
}

async function answerText(url: string, target: string): Promise<string> {
  try {
    const response = await fetch(target, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    const text = await boundedText(response)
    if (response.ok) return text
    throw new CommandError(`Prometheus at ${url} answered ${response.status}: ${text.slice(0, 200)}`)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`Prometheus at ${url} does not answer: ${causeOf(error)}.`, { cause: error })
  }
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    const bytes = chunk as Uint8Array
    length += bytes.length
    if (length > longestAnswer) throw new Error(`its answer is longer than ${longestAnswer} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1_000} s`
  const { cause } = error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : error.message
}

function matrixIn(url: string, text: string): z.output<typeof matrix> {
  try {
    return matrix.parse(JSON.parse(text))
  } catch (cause) {
    const begin = JSON.stringify(text.slice(0, 100))
    throw new CommandError(`Prometheus at ${url} answered something else than figures over a time: ${begin}`, { cause })
  }
}
