// How are results of the same kind shown beside each other?

/** Column title → value; every row has the same columns. */
export type Row = Readonly<Record<string, string | number>>

/** Left-aligned text, right-aligned numbers, two spaces between columns. */
export function table(rows: readonly Row[]): string {
  const titles = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => titles.map((title) => shown(row[title])))
  const widths = titles.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)))
  const numeric = titles.map((title) => rows.every((row) => typeof row[title] === 'number'))
  const line = (values: readonly string[]): string =>
    values
      .map((value, column) => (numeric[column] ? value.padStart(widths[column]!) : value.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(titles), ...cells.map(line)].join('\n')
}

const shown = (value: string | number | undefined): string =>
  typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 1 }) : (value ?? '')
