// What does a log line of a stage say about the messages it is about, so that the line leads to the
// order and the order to its lines?

/** Names and values as they stand in the line. */
export type LogFields = Readonly<Record<string, string | number | undefined>>

/**
 * A group may be hundreds of messages; a line with all of them would be cut off or cost more than
 * it is worth.
 */
const namedAtMost = 20

/** For one message its fields; for several their number, and the first of them. */
export function linesAbout(messages: readonly LogFields[]): Readonly<Record<string, unknown>> {
  const [first, ...others] = messages
  if (others.length === 0) return first ?? {}
  return { count: messages.length, messages: messages.slice(0, namedAtMost) }
}
