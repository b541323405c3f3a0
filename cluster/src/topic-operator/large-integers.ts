// How are integers read that a JavaScript number cannot hold? They stay text: Kafka's largest
// retention is one.

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const keepLargeIntegers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source) ? source : value

export function parseJson(json: string): unknown {
  return JSON.parse(json, keepLargeIntegers as Parameters<typeof JSON.parse>[1])
}
