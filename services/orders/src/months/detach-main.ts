// The detach-month program: takes a month that is done with out of the orders, then exits.
import { createPool, DatabaseError } from '@orderpipeline/postgres'
import { ConfigError, databaseSettings, databaseVariables, readConfig, wrongUsageExitCode } from '@orderpipeline/config'
import { z } from 'zod'
import { detach, monthOf } from './detach.ts'

const schema = z.object(databaseVariables)
/** It looks through the whole month first. */
const statementTimeoutMs = 600_000

try {
  const address = databaseSettings(readConfig(schema, process.env))
  const month = monthOf(process.argv.slice(2))
  const database = createPool({ ...address, role: 'orders', size: 1, statementTimeoutMs })
  try {
    const tables = await detach(database, month)
    process.stdout.write(`detached: ${tables.join(', ')}\n`)
  } finally {
    await database.close()
  }
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof TypeError || error instanceof DatabaseError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof DatabaseError ? 1 : wrongUsageExitCode
}
