// How does every program read its configuration? From environment variables, once, with one error
// text and one exit code for what is wrong.
export {
  databaseSettings,
  databaseVariables,
  type DatabaseConfig,
  type DatabaseSettings,
} from './database-variables.ts'
export { ConfigError, readConfig, type Environment } from './read-config.ts'
export { refuseToRun, runConfigured, wrongUsageExitCode } from './run-configured.ts'
export { tlsVariables, trustAuthorities, type TlsConfig } from './tls-authorities.ts'
export { valueText, type ValueTextBounds } from './value-text.ts'
export { variables } from './variables.ts'
