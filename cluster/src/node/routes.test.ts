import { expect, test } from 'vitest'
import { overlappingRoute } from './routes.ts'

test('the default route is no conflict', () => {
  expect(overlappingRoute('10.244.0.0/16', [{ dst: 'default' }, { dst: '0.0.0.0/0' }])).toBeUndefined()
})

test('a route within, around or equal to the range is a conflict', () => {
  for (const dst of ['10.244.7.0/24', '10.0.0.0/8', '10.244.0.0/16', '10.244.1.9'])
    expect(overlappingRoute('10.244.0.0/16', [{ dst }])).toEqual({ dst })
})

test('a route to a neighbouring range is no conflict', () => {
  expect(overlappingRoute('10.244.0.0/16', [{ dst: '10.245.0.0/16' }, { dst: '192.0.2.0/24' }])).toBeUndefined()
})
