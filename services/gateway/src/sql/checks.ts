// Does the database answer?
import type { Statement } from '@orderpipeline/postgres'

/** Also whether the schema is there, and may be read. */
export const readinessCheck: Statement = {
  name: 'gateway.check-readiness',
  text: 'SELECT FROM orders LIMIT 1',
}

/** The least that a server can be asked. */
export const dependencyCheck: Statement = {
  name: 'gateway.check-dependency',
  text: 'SELECT',
}
