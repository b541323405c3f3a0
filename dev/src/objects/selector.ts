// Which objects does a label selector take? As Kubernetes writes it. Pure.

/**
 * `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, joined
 * by commas.
 */
export function selects(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .every((term) => takes(term, labels))
}

function takes(term: string, labels: Readonly<Record<string, string>>): boolean {
  const [, setKey = '', operator, list = ''] = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term) ?? []
  const members = list.split(',').map((one) => one.trim())
  if (operator === 'in') return members.includes(labels[setKey] ?? '\0')
  if (operator === 'notin') return !members.includes(labels[setKey] ?? '\0')
  const [, key = '', comparison, value = ''] = /^(!?[^!=\s]+)\s*(==|=|!=)?\s*(.*)$/.exec(term) ?? []
  if (comparison === '!=') return labels[key] !== value
  if (comparison !== undefined) return labels[key] === value
  return key.startsWith('!') ? !(key.slice(1) in labels) : key in labels
}
