// May this letter be played again? Not a message that is at fault itself, unless it is edited; not
// one that keeps coming back or was played again already, unless by force; and never one whose
// first replay the stage may have forgotten. Pure.
import { maxReplays, type DeadLetter } from '@orderpipeline/kafka'

/**
 * A stage's inbox remembers for eight days what took effect; after seven a second replay could take
 * effect twice.
 */
const rememberedMs = 7 * 24 * 3_600_000

/** Why not; undefined when it may. */
export function refusal(letter: DeadLetter, force: boolean, now: Date, edited = false): string | undefined {
  if (letter.source === undefined) return 'it does not say which topic it came from'
  const { topic, partition, offset } = letter.source
  if (letter.omittedBytes !== undefined && !edited)
    return `its message of ${letter.omittedBytes} bytes was too large to be kept; it is in ${topic}, partition ${partition}, offset ${offset}; --edit gives it another`
  const replayed = letter.history.filter(({ action }) => action === 'replayed')
  const first = replayed[0]
  if (first && now.getTime() - Date.parse(first.at) > rememberedMs)
    return `it was replayed ${first.at}, longer ago than the stage remembers whether that took effect`
  if (force) return undefined
  if (letter.verdict === 'never' && !edited)
    return `trying again cannot help (${letter.reason}): --edit replaces the message, --force plays it as it is`
  const last = letter.history.at(-1)
  if (last) return `it was ${last.action} ${last.at} by ${last.by}; --force does it all the same`
  if (now.getTime() - Date.parse(letter.at) > rememberedMs)
    return `it is from ${letter.at}: if it took effect by a redelivery, the stage may have forgotten; --force plays it`
  if (letter.replays >= maxReplays) return `it has come back ${letter.replays} times and is parked; --force moves it`
  return undefined
}
