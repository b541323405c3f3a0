import { expect, it } from 'vitest'
import { kafkaTopic, paused, unmanaged } from './fixtures.ts'
import { statusChanged, statusOf } from './status.ts'

const first = new Date('2026-01-01T10:00:00.500Z')
const later = new Date('2026-01-01T11:00:00Z')

it('the status of a ready topic has Ready, the generation, the name and the id', () => {
  expect(statusOf(kafkaTopic({ generation: 3 }), { topicId: 'id' }, first)).toEqual({
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T10:00:00Z' }],
    observedGeneration: 3,
    topicName: 'orders',
    topicId: 'id',
  })
})

it('the status of a failed topic has the reason, and keeps name and id', () => {
  const status = { topicName: 'orders', topicId: 'id' }
  const problem = { reason: 'NotSupported', message: 'no' } as const
  expect(statusOf(kafkaTopic({ status, spec: { topicName: 'other' } }), { problem }, first)).toMatchObject({
    conditions: [{ type: 'Ready', status: 'False', reason: 'NotSupported', message: 'no' }],
    topicName: 'orders',
    topicId: 'id',
  })
})

it('the status of an unmanaged topic has neither name nor id', () => {
  const status = { topicName: 'orders', topicId: 'id' }
  const after = statusOf(kafkaTopic({ annotations: unmanaged, status }), {}, first)
  expect(after).toMatchObject({ conditions: [{ type: 'Unmanaged', status: 'True' }], observedGeneration: 1 })
  expect(after).not.toHaveProperty('topicName')
  expect(after).not.toHaveProperty('topicId')
})

it('the status of a paused topic has its generation, and no id', () => {
  const options = { annotations: paused, generation: 5, status: { observedGeneration: 4, topicId: 'id' } }
  const after = statusOf(kafkaTopic(options), {}, first)
  expect(after).toMatchObject({ conditions: [{ type: 'ReconciliationPaused', status: 'True' }], observedGeneration: 5 })
  expect(after).not.toHaveProperty('topicId')
})

it('the transition time changes only with the condition, and otherwise the status is unchanged', () => {
  const status = statusOf(kafkaTopic(), { topicId: 'id' }, first)
  const again = statusOf(kafkaTopic({ status }), { topicId: 'id' }, later)
  expect(again).toEqual(status)
  expect(statusChanged(status, again)).toBe(false)
})

it('the status has changed with any of condition, generation, name and id', () => {
  const status = statusOf(kafkaTopic(), { topicId: 'id' }, first)
  expect(statusChanged(undefined, status)).toBe(true)
  expect(statusChanged(status, { ...status, observedGeneration: 2 })).toBe(true)
  expect(statusChanged(status, { ...status, topicId: 'other' })).toBe(true)
  expect(statusChanged(status, { ...status, conditions: [{ type: 'Ready', status: 'False' }] })).toBe(true)
})
