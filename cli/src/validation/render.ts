// How is a verdict printed? As kubectl prints the server's, with what the operator would say below,
// and what to do next.
import type { Paint } from '../colour.ts'
import type { UnknownField } from './decode.ts'
import type { Validation } from './validation.ts'

export interface ValidatedPipeline {
  readonly file: string
  readonly name: string
  readonly verdict: Validation
}

export function validationLines({ file, name, verdict }: ValidatedPipeline, paint: Paint): string[] {
  const isRefused = verdict.unknownFields.length + verdict.causes.length > 0
  if (isRefused)
    return [
      paint(`The OrderPipeline "${name}" in ${file} is invalid; the API server would refuse it:`, 'red'),
      ...verdict.unknownFields.map((field) => `* unknown field "${field.path}"${suggestion(field)}`),
      ...verdict.causes.map(({ field, message }) => `* ${field}: ${message}`),
    ]
  if (verdict.problems.length > 0)
    return [
      paint(
        `The OrderPipeline "${name}" in ${file} would be stored, but not applied; the operator would report in the condition Configured:`,
        'red',
      ),
      ...verdict.problems.map(({ path, reason, message }) => `* ${path}: ${reason}: ${message}`),
    ]
  return [
    `${paint('valid', 'green')}  OrderPipeline "${name}" in ${file}`,
    ...(verdict.skippedRules.length > 0 ? [paint(`       ${skippedText(verdict.skippedRules)}`, 'dim')] : []),
  ]
}

function skippedText(skippedRules: readonly string[]): string {
  const rules = new Set(skippedRules.map((line) => line.slice(line.indexOf(': ') + 2)))
  const count = `${rules.size} rule${rules.size === 1 ? '' : 's'} on changes`
  return `${count} not checked: name the previous version with --old, or use the cluster's with --cluster`
}

/** The known field that is nearest, when it is near enough to be meant. */
export function suggestion({ path, known }: UnknownField): string {
  const unknownName = path.slice(path.lastIndexOf('.') + 1)
  const [nearest] = known
    .map((field) => ({ field, distance: editDistance(unknownName.toLowerCase(), field.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  if (nearest && nearest.distance <= Math.max(1, Math.floor(unknownName.length / 3)))
    return `; did you mean ${nearest.field}?`
  return known.length > 0 ? `; allowed here: ${known.join(', ')}` : ''
}

/** Insertions, deletions and replacements that make one text the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_one, index) => index)
  for (const [i, character] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (character === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
