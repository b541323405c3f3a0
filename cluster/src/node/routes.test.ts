import { expect, test } from 'vitest'
import { overlappingRoute } from './routes.ts'

test('the default route clashes with nothing', () => {
  expect(overlappingRoute('10.244.0.0/16', [{ dst: 'default' }, { dst: '0.0.0.0/0' }])).toBeUndefined()
})

test('a route into, around or equal to the range clashes', () => {
  for (const dst of ['10.244.7.0/24', '10.0.0.0/8', '10.244.0.0/16', '10.244.1.9'])
    expect(overlappingRoute('10.244.0.0/16', [{ dst }])).toEqual({ dst })
})

test('a neighbouring range does not clash', () => {
  expect(overlappingRoute('10.244.0.0/16', [{ dst: '10.245.0.0/16' }, { dst: '192.0.2.0/24' }])).toBeUndefined()
})
