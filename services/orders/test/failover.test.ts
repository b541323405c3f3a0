// Is every order that was accepted there after a failover? With commits that wait for the standby.
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { failoverUnderLoad } from '@orderpipeline/test-support/failover-under-load'
import { ownReplica } from '@orderpipeline/test-support/own-replica'
import type { OwnReplica } from '@orderpipeline/test-support/own-replica'
import { afterAll, beforeAll, expect, test } from 'vitest'

let servers: OwnReplica
let database: TestDatabase
beforeAll(async () => {
  servers = await ownReplica({ synchronous: true })
  database = await testDatabase(servers.adminUrl)
})
afterAll(() => servers.close())

test('a failover to the synchronous standby under load loses no accepted order', async () => {
  const load = { clients: 50, before: 2_000, after: 200 }
  const { accepted, lost } = await failoverUnderLoad({ servers, databaseUrl: database.url, ...load })
  expect(accepted).toBeGreaterThanOrEqual(2_200)
  expect(lost).toBe(0)
})
