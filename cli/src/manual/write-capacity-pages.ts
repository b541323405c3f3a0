// Writes the examples and figures of the pages about `orderpipeline capacity`: `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs'
import { capacityPages, presentPage } from './capacity-page.ts'

for (const path of capacityPages) writeFileSync(path, await presentPage(readFileSync(path, 'utf8')))
