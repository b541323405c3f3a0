import { expect, it } from 'vitest'
import { traceIdOf } from './trace-id.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'

it('the trace id of an order is that of its sampled request', () => {
  expect(traceIdOf(`00-${id}-00f067aa0ba902b7-01`)).toBe(id)
  expect(traceIdOf(`00-${id}-00f067aa0ba902b7-03`)).toBe(id)
})

it('an order has no trace id without a trace, or with one that no collector has', () => {
  expect(traceIdOf(undefined)).toBeUndefined()
  expect(traceIdOf('')).toBeUndefined()
  expect(traceIdOf(`00-${id}-00f067aa0ba902b7-00`)).toBeUndefined()
  expect(traceIdOf(`00-${id}-00f067aa0ba902b7-02`)).toBeUndefined()
})
