// Which statements of a migration would stop a shop that is running? Those that lock a table while
// they read or write all of it, and those that remove what the version before still needs.

export interface Problem {
  readonly line: number
  readonly found: string
  readonly allowed: string
}

interface Rule {
  readonly pattern: RegExp
  readonly allowed: string
}

/** The first group, where there is one, is the table. */
const rules: readonly Rule[] = [
  {
    pattern: /\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)[^;]*?\bON\s+(?:ONLY\s+)?([a-z_0-9]+)/gi,
    allowed: 'CREATE INDEX CONCURRENTLY, in an .mjs file of its own that calls pgm.noTransaction()',
  },
  {
    pattern:
      /\bALTER\s+TABLE\s+([a-z_0-9]+)\s[^;]*?\bADD\s+(?:CONSTRAINT\s+[a-z_0-9]+\s+)?(?:CHECK|FOREIGN\s+KEY)\b(?![^;]*\bNOT\s+VALID\b)/gi,
    allowed: 'NOT VALID, and VALIDATE CONSTRAINT in the next file',
  },
  {
    pattern:
      /\bALTER\s+TABLE\s+([a-z_0-9]+)\s[^;]*?\bADD\s+(?:CONSTRAINT\s+[a-z_0-9]+\s+)?(?:PRIMARY\s+KEY|UNIQUE)\s*\(/gi,
    allowed: 'USING INDEX, with an index that was built CONCURRENTLY',
  },
  {
    pattern:
      /\bALTER\s+TABLE\s+([a-z_0-9]+)\s[^;]*?\bALTER\s+(?:COLUMN\s+)?[a-z_0-9]+\s+(?:SET\s+NOT\s+NULL|(?:SET\s+DATA\s+)?TYPE\b)/gi,
    allowed: 'a new column next to the old one, filled in batches',
  },
  {
    pattern: /\bALTER\s+TABLE\s+([a-z_0-9]+)\s[^;]*?\b(?:DROP\s+COLUMN|RENAME)\b/gi,
    allowed: 'nothing while a running version uses it',
  },
  { pattern: /\bDROP\s+TABLE\s+([a-z_0-9]+)/gi, allowed: 'nothing while a running version uses it' },
  { pattern: /^[ \t]*UPDATE\s+([a-z_0-9]+)\s+SET\b(?![^;]*\bWHERE\b)/gim, allowed: 'a batch of rows at a time' },
]

/**
 * The problems of a migration, given as SQL. Tables that it makes itself may be changed freely:
 * they are not in use yet.
 */
export function problemsOf(sql: string): readonly Problem[] {
  const up = (sql.split(/^-- Down Migration/m)[0] ?? '').replace(/--.*$/gm, (comment) => ' '.repeat(comment.length))
  const own = new Set(
    [...up.matchAll(/\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([a-z_0-9]+)/gi)].map(([, name]) => name),
  )
  return rules.flatMap(({ pattern, allowed }) =>
    [...up.matchAll(pattern)]
      .filter(([, table]) => !own.has(table))
      .map((match) => ({
        line: up.slice(0, match.index).split('\n').length,
        found: match[0].replace(/\s+/g, ' ').trim(),
        allowed,
      })),
  )
}
