// May this dead letter be replayed? Not when the message itself is at fault, unless it is edited;
// not when it keeps coming back or was replayed already, unless by force; and never when the stage
// may have forgotten its first replay. Pure.
import { maxReplays, type DeadLetter } from '@orderpipeline/kafka'

/**
 * A stage's inbox remembers for eight days what took effect; after seven a second replay could take
 * effect twice.
 */
const rememberedMs = 7 * 24 * 3_600_000

/** Why not; undefined when it may. */
export function refusal(deadLetter: DeadLetter, force: boolean, now: Date, edited = false): string | undefined {
  if (deadLetter.source === undefined) return 'it does not say which topic it came from'
  const { topic, partition, offset } = deadLetter.source
  if (deadLetter.omittedBytes !== undefined && !edited)
    return `its message of ${deadLetter.omittedBytes} bytes was too large to be kept; it is in ${topic}, partition ${partition}, offset ${offset}; --edit gives it another`
  const replayed = deadLetter.history.filter(({ action }) => action === 'replayed')
  const first = replayed[0]
  if (first && now.getTime() - Date.parse(first.at) > rememberedMs)
    return `it was replayed ${first.at}, longer ago than the stage remembers whether that took effect`
  if (force) return undefined
  if (deadLetter.verdict === 'never' && !edited)
    return `trying again cannot help (${deadLetter.reason}): --edit replaces the message, --force plays it as it is`
  const last = deadLetter.history.at(-1)
  if (last) return `it was ${last.action} ${last.at} by ${last.by}; --force does it all the same`
  if (now.getTime() - Date.parse(deadLetter.at) > rememberedMs)
    return `it is from ${deadLetter.at}: if it took effect by a redelivery, the stage may have forgotten; --force plays it`
  if (deadLetter.replays >= maxReplays)
    return `it has come back ${deadLetter.replays} times and is parked; --force moves it`
  return undefined
}
