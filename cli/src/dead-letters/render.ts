// How does a dead letter look in a terminal, and how to a script? Pure.
import { maxReplays, type DeadLetter, type DeadLetterState } from '@orderpipeline/kafka'
import type { Paint } from '../colour.ts'
import { tables } from '../columns.ts'
import { orderOf } from '@orderpipeline/client'

const colours: Record<DeadLetterState, Parameters<Paint>[1]> = {
  open: 'red',
  parked: 'yellow',
  replayed: 'green',
  discarded: 'dim',
}
const header = ['LETTER', 'GIVEN UP', 'REASON', 'ATTEMPTS', 'REPLAYS', 'ORDER', 'FROM', 'STATE']
const sides = ['left', 'left', 'left', 'right', 'right', 'left', 'left', 'left'] as const

export function letterTable(letters: readonly DeadLetter[], paint: Paint, width?: number): readonly string[] {
  const rows = letters.map((letter) => [
    letter.id,
    letter.at.replace(/\.\d+Z$/, 'Z'),
    letter.reason,
    String(letter.attempts),
    String(letter.replays),
    orderOf(letter) ?? '-',
    letter.source?.topic ?? '-',
    letter.state,
  ])
  const coloured = (line: string, state: DeadLetterState) =>
    line.endsWith(state) ? `${line.slice(0, -state.length)}${paint(state, colours[state])}` : line
  return tables(header, rows, { sides, width }).flatMap(({ titles, lines }) => [
    titles,
    ...lines.map((line, row) => coloured(line, letters[row]!.state)),
  ])
}

export function letterLines(letter: DeadLetter, paint: Paint): readonly string[] {
  const { source, verdict, error } = letter
  const field = (name: string, text: string): string => `  ${paint(name.padEnd(11), 'dim')} ${text}`
  const block = (name: string, text: string): string[] =>
    text === '' ? [] : [`  ${paint(name, 'dim')}`, ...text.split('\n').map((line) => `    ${line}`)]
  return [
    `${paint(letter.id, 'bold')}  ${paint(letter.state, colours[letter.state])}`,
    field('given up', `${letter.at} by ${letter.stage}, attempts: ${letter.attempts}`),
    field('reason', `${letter.reason}${error === undefined || error === letter.reason ? '' : ` (${error})`}`),
    ...(verdict === undefined ? [] : [field('trying again', verdicts[verdict] ?? verdict)]),
    field('message', letter.message),
    field(
      'came from',
      source === undefined
        ? 'not written down'
        : `${source.topic} partition ${source.partition} offset ${source.offset}, of ${timeText(source.timestamp)}`,
    ),
    field('replays', `${letter.replays}${letter.replays >= maxReplays ? ', so parked: only --force moves it' : ''}`),
    field('key', letter.key === null ? 'none' : bytesText(letter.key)),
    ...block(
      'headers',
      Object.entries(letter.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    ),
    ...block('value', letter.value === null ? missingText(letter) : prettyText(letter.value)),
    ...block('stack', letter.stack),
    ...block('history', letter.history.map(historyText).join('\n')),
  ]
}

const verdicts: Readonly<Record<string, string>> = {
  never: 'cannot help (never): the message has to be mended first',
  retry: 'may help (retry): it was tried as often as allowed',
  unknown: 'unknown: nobody explained the error, a bug perhaps',
}

const missingText = ({ omittedBytes }: DeadLetter): string =>
  omittedBytes === undefined ? 'none' : `${omittedBytes} bytes, too large to be kept; it is where it came from`

const historyText = ({ action, by, at, edited, forced }: DeadLetter['history'][number]): string =>
  `${at} ${action} by ${by}${edited ? ', edited' : ''}${forced ? ', by force' : ''}`

const timeText = (timestamp: number): string => (timestamp > 0 ? new Date(timestamp).toISOString() : 'unknown time')

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

export const letterJson = (letter: DeadLetter) => ({
  ...letter,
  order: orderOf(letter) ?? null,
  source: letter.source ?? null,
  key: letter.key === null ? null : bytesText(letter.key),
  value: letter.value === null ? null : bytesText(letter.value),
})
