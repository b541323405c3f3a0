// How do tests and programs migrate a database?
export { migrate, services, type MigrateOptions } from './migrate.ts'
export { republish, type Republished, type RepublishOptions } from './republish/republish.ts'
