// Run by a person who has read why the objects change: `node operator/test/golden/update.ts`, then
// read the diff.
import { writeFileSync } from 'node:fs'
import { asYaml, cases, objectsOf } from './cases.ts'

for (const { pipeline, objects } of cases) writeFileSync(objects, asYaml(objectsOf(pipeline)))
