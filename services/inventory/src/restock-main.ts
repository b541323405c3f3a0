// The restock program: books a delivery into stock, then exits.
import { createPool } from '@orderpipeline/postgres'
import { ConfigError, databaseSettings, databaseVariables, readConfig, wrongUsageExitCode } from '@orderpipeline/config'
import { z } from 'zod'
import { deliveryOf } from './delivery.ts'
import { restock } from './restock.ts'

const schema = z.object(databaseVariables)

try {
  const address = databaseSettings(readConfig(schema, process.env))
  const delivery = deliveryOf(process.argv.slice(2))
  const database = createPool({ ...address, role: 'inventory', size: 1 })
  try {
    const bookedSkus = await restock(database, delivery)
    const before = [...delivery.pieces.keys()].filter((sku) => !bookedSkus.includes(sku))
    process.stdout.write(`booked: ${bookedSkus.join(', ') || 'nothing'}\n`)
    if (before.length > 0) process.stdout.write(`already booked under ${delivery.name}: ${before.join(', ')}\n`)
  } finally {
    await database.close()
  }
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = wrongUsageExitCode
}
