// Writes the drawing and the table of the topics: `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs'
import { shopParts, withTopics } from './topics.ts'

const page = new URL('../concepts/architecture.md', import.meta.url)
writeFileSync(page, withTopics(readFileSync(page, 'utf8'), shopParts))
