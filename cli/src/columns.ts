// How do rows of text become a table? The first column to the left, the others, which are figures, to the right, unless said
// otherwise.

/** One line for the header and one for each row, as wide as the widest cell of each column. */
export function columns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[] = ['left'],
): readonly string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [header, ...rows].map((cells) =>
    cells
      .map((cell, column) =>
        sides[column] === 'left' ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}
