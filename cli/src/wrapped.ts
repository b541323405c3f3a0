// How does a sentence fit a narrow terminal? Broken between words; every line after the first is
// indented.

/** At least so many characters of text a line, however narrow the terminal. */
const narrowest = 24

export function wrapped(text: string, width: number | undefined, indent: number): string[] {
  if (width === undefined || text.length <= width) return [text]
  const margin = ' '.repeat(indent)
  const room = Math.max(width, indent + narrowest)
  const lines: string[] = []
  let line = /^\s*/.exec(text)?.[0] ?? ''
  let empty = true
  for (const word of text.trim().split(/ +/)) {
    if (!empty && line.length + 1 + word.length > room) {
      lines.push(line)
      line = margin
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line]
}
