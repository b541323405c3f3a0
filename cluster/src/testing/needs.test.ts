import { expect, it } from 'vitest'
import { componentsNamedIn } from './needs.ts'

it('the global set-up starts only the components that the selected tests name', () => {
  expect(componentsNamedIn(["const url = inject('postgresUrl')", 'kafkaBootstrap()'])).toEqual([
    'postgresUrl',
    'kafkaBootstrap',
  ])
  expect(componentsNamedIn(['expect(1).toBe(1)', 'myPostgresUrl'])).toEqual([])
})
