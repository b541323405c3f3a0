// What is in the dead letters of one stage and cause? Their circumstances for who may see dead
// letters, and their messages for who may see payloads. Bounded in number, size and readings at
// once.
import { CommandError, selectedDeadLetters } from '@orderpipeline/client'
import type { DeadLetter } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { DeadLetterDetail, DeadLetterDetails } from '../model/dead-letters.ts'
import { ForbiddenError } from './actions.ts'
import type { Actions } from './actions-port.ts'
import { bodies, checked } from './request-bodies.ts'
import type { Visitor } from './visitor.ts'

const shownLetters = 10
const shownCharacters = 16_384
const shownKeyCharacters = 200
const readingsAtOnce = 4

type Reader = Pick<Visitor, 'readRefusal'> & { readonly actions: Pick<Actions, 'letterBox'> }

/** @throws ForbiddenError, AskedWrongly, CommandError */
export function deadLetterReader() {
  let readings = 0
  return async (pipeline: OrderPipeline, reader: Reader, query: URLSearchParams): Promise<DeadLetterDetails> => {
    const { stage, reason } = checked(bodies.plan, Object.fromEntries(query))
    const refusal = await reader.readRefusal(pipeline, 'letters')
    if (refusal !== undefined) throw new ForbiddenError(refusal)
    const masked = await reader.readRefusal(pipeline, 'payloads')
    if (readings >= readingsAtOnce) throw new CommandError('Too many look at dead letters at once; try again.')
    readings += 1
    try {
      const deadLetters = await waiting(reader.actions, pipeline, stage, reason)
      const newest = deadLetters.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, shownLetters)
      const letters = newest.map((deadLetter) => detailOf(deadLetter, masked === undefined))
      return { letters, waiting: deadLetters.length, ...(masked === undefined ? {} : { masked }) }
    } finally {
      readings -= 1
    }
  }
}

async function waiting(
  actions: Pick<Actions, 'letterBox'>,
  pipeline: OrderPipeline,
  stage: string,
  reason: string,
): Promise<readonly DeadLetter[]> {
  const box = await actions.letterBox(pipeline)
  try {
    return await selectedDeadLetters(box, pipeline.metadata.name, stage, { reason }, ['open', 'parked'], new Date())
  } finally {
    await box.close()
  }
}

function detailOf(deadLetter: DeadLetter, isShown: boolean): DeadLetterDetail {
  const { id, at, attempts, message, key, value, omittedBytes } = deadLetter
  const payload = value === null ? undefined : String(value)
  const shownFields = {
    ...(key === null ? {} : { key: String(key).slice(0, shownKeyCharacters) }),
    ...(payload === undefined ? {} : { payload: payload.slice(0, shownCharacters) }),
    ...(payload !== undefined && isWholeText(payload, value) ? { editable: true as const } : {}),
  }
  return {
    ...{ id, at, attempts, message: message.slice(0, 500), bytes: omittedBytes ?? value?.length ?? 0 },
    ...(isShown ? shownFields : {}),
  }
}

function isWholeText(payload: string, value: DeadLetter['value']): boolean {
  return value !== null && payload.length <= shownCharacters && Buffer.from(payload).equals(Buffer.from(value))
}
