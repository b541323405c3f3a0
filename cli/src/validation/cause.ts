// How does the API server say what is wrong with a field? Its own words and its own way to print a
// value, so that what is said here and what `kubectl apply` says are the same line.

/** The reasons of a Status' causes. */
export type CauseReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'

export interface Cause {
  readonly reason: CauseReason
  /** Such as spec.stages[0].scaling; `<nil>` for the whole object. */
  readonly field: string
  readonly message: string
}

/** Steps into an object: a field by its name, an item by its number, a key of a map in brackets. */
export type PathStep = string | number | { readonly key: string }
export type Path = readonly PathStep[]

export function pathText(path: Path): string {
  if (path.length === 0) return '<nil>'
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (typeof step === 'object') return `[${step.key}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

const titles: Record<CauseReason, string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
}

const withoutValue = new Set<CauseReason>(['FieldValueRequired', 'FieldValueForbidden', 'FieldValueTooLong'])

/** `value` absent: the message does not show it. */
export function cause(reason: CauseReason, path: Path, detail: string, value?: { readonly shown: unknown }): Cause {
  const valuePart = value === undefined || withoutValue.has(reason) ? '' : `: ${valueText(value.shown)}`
  return {
    reason,
    field: pathText(path),
    message: `${titles[reason]}${valuePart}${detail === '' ? '' : `: ${detail}`}`,
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  return JSON.stringify(sorted(value))
}

const largestInt64 = 2 ** 63

/** Whether it travels as an integer: JSON's 5.0 and 1e9 do. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < largestInt64
}

/** As Go prints it by default. */
export function numberText(value: number): string {
  return isInt64(value) ? BigInt(value).toString() : floatText(value)
}

/** A float64 has an exponent below 1e-04 and from 1e+06 on. */
export function floatText(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e')
  if (value === 0 || (Number(power) >= -4 && Number(power) < 6)) return String(value)
  return `${digits}e${power.startsWith('-') ? '-' : '+'}${String(Math.abs(Number(power))).padStart(2, '0')}`
}

/** As Go quotes a text: JSON's way, but for the characters that Go escapes otherwise. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/\\u00([0-9a-f]{2})/g, (_match, hex: string) =>
    hex === '07' ? '\\a' : hex === '0b' ? '\\v' : `\\x${hex}`,
  )
}

/** Go prints the keys of a map in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
