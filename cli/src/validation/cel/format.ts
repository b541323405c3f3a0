// What does 'stage %s needs %d partitions'.format([…]) say? The language's own clauses, which the
// library has not.
import { floatText, isRecord, quoted } from '../cause.ts'

const clause = /%(?:%|(?:\.(\d+))?([sdfeboxX]))/g

/** @throws RangeError, TypeError where the server, too, would fail to format. */
export function formatted(template: string, values: readonly unknown[]): string {
  let next = 0
  return template.replaceAll(clause, (text, precision: string | undefined, kind: string | undefined) => {
    if (kind === undefined) return '%'
    if (next >= values.length) throw new RangeError(`index ${next} out of range`)
    const value = values[next]
    next += 1
    return formattedValue(kind, value, precision === undefined ? 6 : Number(precision), text)
  })
}

function formattedValue(kind: string, value: unknown, precision: number, text: string): string {
  if (kind === 's') return plain(value)
  if (kind === 'd' && typeof value === 'bigint') return value.toString()
  if (kind === 'f' && isNumber(value)) return Number(value).toFixed(precision)
  if (kind === 'e' && isNumber(value))
    return Number(value)
      .toExponential(precision)
      .replace(/e([+-])(\d)$/, 'e$10$2')
  if (kind === 'b' && typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'bigint' && (kind === 'b' || kind === 'o')) return value.toString(kind === 'b' ? 2 : 8)
  if (kind === 'x' || kind === 'X') {
    const hex = typeof value === 'bigint' ? value.toString(16) : Buffer.from(plain(value)).toString('hex')
    return kind === 'x' ? hex : hex.toUpperCase()
  }
  throw new TypeError(`error during formatting: ${text} does not take a ${typeof value}`)
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function plain(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return floatText(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return value.toString()
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (isRecord(value)) {
    const pairs = Object.entries(value).map(([key, item]) => `${quoted(key)}:${literal(item)}`)
    return `{${pairs.sort().join(', ')}}`
  }
  throw new TypeError(`error during formatting: no text for a ${typeof value}`)
}

/** Within a list or a map, as the language would write it. */
function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  return typeof value === 'number' ? value.toFixed(6) : plain(value)
}
