// Writes the pages of environment variables and metrics: `npm run generate`.
import { writeFileSync } from 'node:fs'
import { metricsFile, metricsPage, variablesFile, variablesPage } from './names.ts'

writeFileSync(variablesFile, variablesPage())
writeFileSync(metricsFile, metricsPage())
