// Writes the alerts, their runbooks and the dashboards into the chart and the documentation; part
// of `npm run generate`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { alertGroups, objectiveAlerts } from './alerts/index.ts'
import { dashboards } from './dashboards/index.ts'
import { rulesText, runbookPage, runbooksText } from './rules.ts'

const root = join(import.meta.dirname, '..', '..')
const files = join(root, 'charts', 'orderpipeline-operator', 'files')

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

write(join(files, 'alerts.yaml'), rulesText(alertGroups))
write(join(root, runbookPage), runbooksText(alertGroups, objectiveAlerts))
for (const { uid, json } of dashboards) write(join(files, 'dashboards', `${uid}.json`), `${json}\n`)
