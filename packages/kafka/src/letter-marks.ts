// How do the records of a dead-letter topic tell letters and marks apart? Needs nothing, so that
// the operator can count the open ones.

/** Begins the headers of a letter that say why its message was given up. */
export const letterHeaders = 'dead-letter-'

/** On the records of a dead-letter topic that say what became of one of its letters. */
export const markHeader = `${letterHeaders}mark`

/**
 * The offset of the letter that a record marks, which is before it in its own partition; undefined
 * for a letter. A mark that names none is somebody's own record under our header, and NaN.
 */
export function markedOffset({
  headers,
  value,
}: {
  readonly headers: Readonly<Record<string, unknown>>
  readonly value: Buffer | null
}): number | undefined {
  if (headers[markHeader] === undefined) return undefined
  try {
    const { letter } = JSON.parse(String(value)) as { readonly letter?: unknown }
    const [, offset] = /\/(\d+)$/.exec(String(letter)) ?? []
    return Number(offset)
  } catch {
    return NaN
  }
}
