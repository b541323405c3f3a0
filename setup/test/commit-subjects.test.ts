// Which subjects of commits are accepted?
import { describe, expect, it } from 'vitest'
import { subjectProblem } from '../lint/commit-subjects.ts'

describe('the subject of a commit', () => {
  it.each([
    'payment: treat a 401 of the provider as an outage',
    'shipping, orders: send an address that is missing in the event',
    'order-events: add ParcelDelivered',
    'migrate: seed products and stock only in an empty shop',
    'docs: monitoring for operators of a shop',
    `docs: ${'x'.repeat(66)}`,
  ])('is accepted with an area and an imperative: %s', (subject) => {
    expect(subjectProblem(subject)).toBeUndefined()
  })

  it.each([
    [`docs: ${'x'.repeat(67)}`, 'found 73 characters; allowed: at most 72'],
    ['Take backoff from packages/retry', 'found no area'],
    ['Payment: treat a 401 as an outage', 'found no area'],
    ['payment:treat a 401 as an outage', 'found no area'],
    ['payment: ', 'found no area'],
    ['payment: treat a 401 as an outage.', 'found a full stop at its end'],
  ])('is refused with the reason: %s', (subject, reason) => {
    expect(subjectProblem(subject)).toContain(reason)
  })
})
