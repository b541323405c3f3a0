// Run after a change of the CRD: `node crds/src/write-reference.ts`.
import { writeFileSync } from 'node:fs'
import { reference, referenceFile } from './reference.ts'

writeFileSync(referenceFile, reference())
