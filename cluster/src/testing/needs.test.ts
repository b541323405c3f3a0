import { expect, it } from 'vitest'
import { neededBy } from './needs.ts'

it('the global set-up starts only the components that the selected tests name', () => {
  expect(neededBy(["const url = inject('postgresUrl')", 'kafkaBootstrap()'])).toEqual(['postgresUrl', 'kafkaBootstrap'])
  expect(neededBy(['expect(1).toBe(1)', 'myPostgresUrl'])).toEqual([])
})
