// How does a dead letter look in a terminal, and how to a script? Pure.
import { maxReplays } from '@orderpipeline/kafka'
import type { DeadLetter, DeadLetterState } from '@orderpipeline/kafka'
import type { Paint } from '../colour.ts'
import { tables } from '../columns.ts'
import { orderOf } from '@orderpipeline/client'

const colours: Record<DeadLetterState, Parameters<Paint>[1]> = {
  open: 'red',
  parked: 'yellow',
  replayed: 'green',
  discarded: 'dim',
}
const header = ['DEAD LETTER', 'GIVEN UP', 'REASON', 'ATTEMPTS', 'REPLAYS', 'ORDER', 'FROM', 'STATE']
const sides = ['left', 'left', 'left', 'right', 'right', 'left', 'left', 'left'] as const

export function deadLetterTable(deadLetters: readonly DeadLetter[], paint: Paint, width?: number): readonly string[] {
  const rows = deadLetters.map((deadLetter) => [
    deadLetter.id,
    deadLetter.at.replace(/\.\d+Z$/, 'Z'),
    deadLetter.reason,
    String(deadLetter.attempts),
    String(deadLetter.replays),
    orderOf(deadLetter) ?? '-',
    deadLetter.source?.topic ?? '-',
    deadLetter.state,
  ])
  const coloured = (line: string, state: DeadLetterState) =>
    line.endsWith(state) ? `${line.slice(0, -state.length)}${paint(state, colours[state])}` : line
  return tables(header, rows, { sides, width }).flatMap(({ titles, lines }) => [
    titles,
    ...lines.map((line, row) => coloured(line, deadLetters[row]!.state)),
  ])
}

export function deadLetterLines(deadLetter: DeadLetter, paint: Paint): readonly string[] {
  const { source, verdict, error } = deadLetter
  const field = (name: string, text: string): string => `  ${paint(name.padEnd(11), 'dim')} ${text}`
  const block = (name: string, text: string): string[] =>
    text === '' ? [] : [`  ${paint(name, 'dim')}`, ...text.split('\n').map((line) => `    ${line}`)]
  return [
    `${paint(deadLetter.id, 'bold')}  ${paint(deadLetter.state, colours[deadLetter.state])}`,
    field('given up', `${deadLetter.at} by ${deadLetter.stage}, attempts: ${deadLetter.attempts}`),
    field('reason', `${deadLetter.reason}${error === undefined || error === deadLetter.reason ? '' : ` (${error})`}`),
    ...(verdict === undefined ? [] : [field('retry', verdicts[verdict] ?? verdict)]),
    field('message', deadLetter.message),
    field(
      'source',
      source === undefined
        ? 'not recorded'
        : `${source.topic} partition ${source.partition} offset ${source.offset}, of ${timeText(source.timestamp)}`,
    ),
    field(
      'replays',
      `${deadLetter.replays}${deadLetter.replays >= maxReplays ? ', so parked: only --force replays it' : ''}`,
    ),
    field('key', deadLetter.key === null ? 'none' : bytesText(deadLetter.key)),
    ...block(
      'headers',
      Object.entries(deadLetter.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    ),
    ...block('value', deadLetter.value === null ? missingText(deadLetter) : prettyText(deadLetter.value)),
    ...block('stack', deadLetter.stack),
    ...block('history', deadLetter.history.map(historyText).join('\n')),
  ]
}

const verdicts: Readonly<Record<string, string>> = {
  never: 'cannot succeed (never): correct the message first',
  retry: 'may succeed (retry): all attempts failed',
  unknown: 'unknown: the stage does not classify this error, which may be a bug',
}

function missingText({ omittedBytes }: DeadLetter): string {
  return omittedBytes === undefined
    ? 'none'
    : `${omittedBytes} bytes, too large for the dead-letter topic; it is at its source`
}

function historyText({ action, by, at, edited, forced }: DeadLetter['history'][number]): string {
  return `${at} ${action} by ${by}${edited ? ', edited' : ''}${forced ? ', by force' : ''}`
}

function timeText(timestamp: number): string {
  return timestamp > 0 ? new Date(timestamp).toISOString() : 'unknown time'
}

/** Bytes that are no text are shown as base64. */
export function bytesText(bytes: Buffer): string {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : `base64:${bytes.toString('base64')}`
}

export function prettyText(value: Buffer): string {
  try {
    return JSON.stringify(JSON.parse(value.toString()), undefined, 2)
  } catch {
    return bytesText(value)
  }
}

export function deadLetterJson(deadLetter: DeadLetter) {
  return {
    ...deadLetter,
    order: orderOf(deadLetter) ?? null,
    source: deadLetter.source ?? null,
    key: deadLetter.key === null ? null : bytesText(deadLetter.key),
    value: deadLetter.value === null ? null : bytesText(deadLetter.value),
  }
}
