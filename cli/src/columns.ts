// How do rows of text become a table? The first column to the left, the others, which are figures,
// to the right, unless said otherwise. One that is too wide becomes several, each with the first
// column.

type Side = 'left' | 'right'

export interface Table {
  readonly titles: string
  /** One for each row. */
  readonly lines: readonly string[]
}

/** One line for the header and one for each row, as wide as the widest cell of each column. */
export function columns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly Side[] = ['left'],
): readonly string[] {
  const widths = widthsOf(header, rows)
  return [header, ...rows].map((cells) =>
    cells
      .map((cell, column) =>
        sides[column] === 'left' ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(gap),
  )
}

/** As many as it takes for none to be wider than `width`, where one is given. */
export function tables(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { sides = ['left'], width }: { readonly sides?: readonly Side[]; readonly width?: number | undefined } = {},
): readonly Table[] {
  return groups(widthsOf(header, rows), width ?? Infinity).map((group) => {
    const of = (cells: readonly string[]): string[] => group.map((column) => cells[column] ?? '')
    const [titles = '', ...lines] = columns(
      of(header),
      rows.map(of),
      group.map((column) => sides[column] ?? 'right'),
    )
    return { titles: titles.trimEnd(), lines: lines.map((line) => line.trimEnd()) }
  })
}

const gap = '  '

/** Columns by their number; each group begins with the first one. */
function groups([first = 0, ...others]: readonly number[], width: number): number[][] {
  const columnGroups: number[][] = []
  let used = Infinity
  for (const [index, own] of others.entries()) {
    if (columnGroups.length === 0 || used + gap.length + own > width) {
      columnGroups.push([0])
      used = first
    }
    columnGroups.at(-1)?.push(index + 1)
    used += gap.length + own
  }
  return columnGroups.length === 0 ? [[0]] : columnGroups
}

function widthsOf(header: readonly string[], rows: readonly (readonly string[])[]): number[] {
  return header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
}
