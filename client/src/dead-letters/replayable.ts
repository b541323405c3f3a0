// May this dead letter be replayed? Not when the message itself is at fault, unless it is edited;
// not when it keeps coming back or was replayed already, unless by force; and never when the stage
// may have forgotten its first replay. Pure.
import { maxReplays } from '@orderpipeline/kafka'
import type { DeadLetter } from '@orderpipeline/kafka'

/**
 * A stage's inbox remembers for eight days what took effect; after seven a second replay could take
 * effect twice.
 */
const rememberedMs = 7 * 24 * 3_600_000

/** Why not; undefined when it may. */
export function refusal(deadLetter: DeadLetter, force: boolean, now: Date, edited = false): string | undefined {
  if (deadLetter.source === undefined) return 'its source topic is not recorded'
  const { topic, partition, offset } = deadLetter.source
  if (deadLetter.omittedBytes !== undefined && !edited)
    return `its message of ${deadLetter.omittedBytes} bytes was too large for the dead-letter topic; it is in ${topic}, partition ${partition}, offset ${offset}; use --edit to replace it`
  const replayed = deadLetter.history.filter(({ action }) => action === 'replayed')
  const first = replayed[0]
  if (first && now.getTime() - Date.parse(first.at) > rememberedMs)
    return `it was replayed ${first.at}, and the stage no longer has a record whether that took effect`
  if (force) return undefined
  if (deadLetter.verdict === 'never' && !edited)
    return `a retry cannot succeed (${deadLetter.reason}): use --edit to replace the message, or --force to replay it unchanged`
  const last = deadLetter.history.at(-1)
  if (last) return `it was ${last.action} ${last.at} by ${last.by}; use --force to replay it again`
  if (now.getTime() - Date.parse(deadLetter.at) > rememberedMs)
    return `it is from ${deadLetter.at}: the stage may no longer have a record whether it took effect; use --force to replay it`
  if (deadLetter.replays >= maxReplays)
    return `it was replayed ${deadLetter.replays} times and is parked; use --force to replay it`
  return undefined
}
