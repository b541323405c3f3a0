import { describe, expect, it } from 'vitest'
import type { ChildObject } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import { nextCheck } from './next-check.ts'
import type { ActionOutcome } from './perform.ts'
import { foreignObjectMs } from './foreign-objects.ts'

const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } } as ChildObject
const action = { kind: 'create', object } as const
const refusal: ActionOutcome = { action, owner: 'Helm', failure: { reason: 'NotOwned', message: '' } }
const error = new ApiError(429, 'TooManyRequests', 'later', 7)
const failed: ActionOutcome = { action, error, failure: { reason: 'ApplyFailed', message: '' } }

describe('the requeue of a pipeline', () => {
  it('has no backoff for an object of another owner, so that the rest is repaired as soon as it is reported', () => {
    expect(nextCheck([], [refusal], undefined)).toEqual({ kind: 'after', ms: foreignObjectMs })
    expect(nextCheck([], [refusal], 1000)).toEqual({ kind: 'after', ms: 1000 })
  })

  it('backs off after a failed write, at least as long as the API server says', () => {
    expect(nextCheck([], [refusal, failed], undefined)).toEqual({ kind: 'retry', leastMs: 7000 })
  })

  it('waits for a change if the pipeline is settled, and if the spec itself must change', () => {
    expect(nextCheck([], [{ action }], undefined)).toEqual({ kind: 'done' })
    expect(nextCheck([{ path: 'spec', reason: 'DrainTooShort', message: '' }], [], undefined)).toEqual({ kind: 'done' })
  })
})
