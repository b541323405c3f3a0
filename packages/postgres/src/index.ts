// What does a service need of PostgreSQL? A pool bound to its own role and schema, transactions,
// errors by class, migrations.
export { DatabaseError, databaseError, type DatabaseFailure } from './errors.ts'
export type { DatabaseAddress } from './connection.ts'
export { createPool, type Pool, type PoolOptions, type Queryable, type Statement, type Transaction } from './pool.ts'
export { connectAdministrator, type Administrator } from './administrator.ts'
export { isLockHeld, openSession, type Session, type SessionOptions } from './session.ts'
