// How do dead letters and marks differ among the records of a dead-letter topic? This file imports
// nothing, so that the operator can count the open dead letters.

/** Prefix of the headers of a dead letter that say why its message was given up. */
export const deadLetterHeaderPrefix = 'dead-letter-'

/** Header of those records of a dead-letter topic that say what became of a dead letter. */
export const markHeader = `${deadLetterHeaderPrefix}mark`

/**
 * The offset of the dead letter that a record marks, which is before it in its own partition;
 * undefined for a dead letter. NaN for a mark that names none: it is a foreign record under our
 * header.
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
    const { letter: deadLetterId } = JSON.parse(String(value)) as { readonly letter?: unknown }
    const [, offset] = /\/(\d+)$/.exec(String(deadLetterId)) ?? []
    return Number(offset)
  } catch {
    return NaN
  }
}
