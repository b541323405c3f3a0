// What does the configuration of vitest need? The order of the test files, and the report of the
// slowest; nothing here reaches for the components that tests use.
export { SlowestFirst } from './slowest-first.ts'
export { SlowestReporter } from './slowest-reporter.ts'
