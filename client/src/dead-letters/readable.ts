// Can the stage read a message that a person has edited? A built-in stage reads events, so its own
// decoder decides; what a user's own stage reads is unknown here.
import type { DeadLetter } from '@orderpipeline/kafka'
import { decodeAny, isBuiltInStage, UndecodableEventError } from '@orderpipeline/order-events'
import { CommandError } from '../failure.ts'

/** @throws CommandError where the stage would give up on the message again */
export function refuseUnreadable({ stage }: Pick<DeadLetter, 'stage'>, value: string): void {
  if (!isBuiltInStage(stage)) return
  try {
    decodeAny(value)
  } catch (error) {
    if (!(error instanceof UndecodableEventError)) throw error
    throw new CommandError(
      `${stage} cannot read the edited message (${error.reason}: ${error.message}); no message was replayed.`,
      { advice: 'Correct it and edit again, or use --force to replay it unchanged.', cause: error },
    )
  }
}
