import { describe, expect, it } from 'vitest'
import { waitingFor } from './pipeline.ts'

describe('a pipeline', () => {
  const ready = { type: 'Ready', status: 'True' }

  it('is ready when its Ready condition speaks of its present generation', () => {
    const status = { observedGeneration: 2, conditions: [ready] }
    expect(waitingFor({ metadata: { generation: 2 }, status })).toBe('')
    expect(waitingFor({ metadata: { generation: 3 }, status })).toBe('the operator to look at its last change')
    expect(waitingFor({ metadata: {} })).toBe('the operator to look at it')
  })

  it('waits for the conditions that Ready is derived from', () => {
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'Configured', status: 'True' },
      { type: 'TopicsReady', status: 'False', reason: 'Pending', message: '3 of 11 topics are ready' },
    ]
    expect(waitingFor({ metadata: {}, status: { conditions } })).toBe('TopicsReady (Pending: 3 of 11 topics are ready)')
  })
})
