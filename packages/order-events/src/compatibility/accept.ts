// npm run accept:events: the present version becomes the last one, which the next may not break.
// Refused where it breaks the last itself.
import { existsSync, writeFileSync } from 'node:fs'
import { changeText, contractChanges, presentContract } from './contract.ts'
import { goldenMessages } from './golden-messages.ts'
import { contractFile, lastContract, messagesFile } from './last-version.ts'

const present = presentContract()
const changes = existsSync(contractFile) ? contractChanges(lastContract(), present) : []
for (const change of changes) process.stdout.write(`${changeText(change)}\n`)
if (changes.some(({ effect }) => effect === 'breaks')) {
  process.stderr.write(
    'Not accepted: keep the old field or event and add a new one (.v2) next to it (docs/concepts/events.md).\n',
  )
  process.exitCode = 1
} else {
  writeFileSync(contractFile, `${JSON.stringify(present, undefined, 2)}\n`)
  writeFileSync(messagesFile, `${JSON.stringify(goldenMessages(), undefined, 2)}\n`)
  process.stdout.write(`Accepted: ${Object.keys(present.events).length} events.\n`)
}
