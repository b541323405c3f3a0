// The forget-customer program: takes a customer out of every service's tables, then exits.
import { DatabaseError } from '@orderpipeline/postgres'
import { ConfigError, databaseVariables, readConfig, wrongUsageExitCode } from '@orderpipeline/config'
import { z } from 'zod'
import { CustomerInUseError, forgetCustomer } from './forget.ts'

/** An administrator's, as the migrate program has it. */
const schema = z.object({
  DATABASE_URL: databaseVariables.DATABASE_URL,
  DATABASE_TLS_CA: databaseVariables.DATABASE_TLS_CA,
})

try {
  const config = readConfig(schema, process.env)
  const [customerId, ...more] = process.argv.slice(2)
  if (customerId === undefined || customerId === '' || more.length > 0)
    throw new TypeError(
      `customer: found ${JSON.stringify(process.argv.slice(2).join(' '))}; allowed: one customer's id`,
    )
  const { orders, pseudonym } = await forgetCustomer({
    databaseUrl: config.DATABASE_URL,
    tlsCa: config.DATABASE_TLS_CA,
    customerId,
  })
  process.stdout.write(`erased; ${orders} orders are kept under ${pseudonym}\n`)
} catch (error) {
  const wrongUsage = error instanceof ConfigError || error instanceof TypeError
  if (!(wrongUsage || error instanceof CustomerInUseError || error instanceof DatabaseError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = wrongUsage ? wrongUsageExitCode : 1
}
