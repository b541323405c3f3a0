// How does a benchmark show its result? As a table with the machine below, or as JSON with both.
import { cpus, totalmem } from 'node:os'
import { table } from './table.ts'
import type { Row } from './table.ts'

export function print(rows: readonly Row[], json: true | undefined): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  process.stdout.write(json ? `${JSON.stringify({ machine, rows })}\n` : `${table(rows)}\n${machine}\n`)
}
