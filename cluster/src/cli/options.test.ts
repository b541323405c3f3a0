import { expect, it } from 'vitest'
import { UsageError } from './command.ts'
import { extrasOf } from './options.ts'

it('accepts the parts that up can leave out', () => {
  expect(extrasOf(['replica', 'dev-services'])).toEqual(['replica', 'dev-services'])
})

it('refuses any other part, with those that there are', () => {
  expect(() => extrasOf(['kafka'])).toThrow(UsageError)
  expect(() => extrasOf(['kafka'])).toThrow('--without is one of dev-services, replica, prometheus, found "kafka"')
})
