// How is prose broken into lines? Paragraph by paragraph, at spaces; lists, tables, code and
// headings keep their shape.

interface Paragraph {
  /** Before its first line, and before each that follows. */
  readonly indent: string
  readonly hanging: string
  text: string
}

/** What stays as it is: tables, headings, quotations, definitions of links, HTML. */
const fixed = /^\s*(?:\||#{1,6} |>|\[[^\]]+\]:|<|---|===)/
const item = /^(\s*)((?:[-*+]|\d+[.)]) +)(.*)$/
/** Begins a paragraph of its own without an empty line before it. */
const opening = /^(?:@|[A-Z][A-Za-z-]*: )/
/** At the start of a line it would be read as a list, a quotation or a heading. */
const marker = /^(?:[-*+>|]|#{1,6}|\d+[.)])$/

/**
 * Lines of at most `columns`; a longer word has a line of its own. Lines that are not too wide do
 * not change.
 */
export function reflowed(lines: readonly string[], columns: number): string[] {
  const blocks: (string | Paragraph)[] = []
  let code = false
  for (const line of lines) {
    const fence = /^\s*(?:```|~~~)/.test(line)
    if (code || fence || line.trim() === '' || fixed.test(line) || / {2}$/.test(line)) blocks.push(line)
    else add(blocks, line)
    if (fence) code = !code
  }
  return blocks.flatMap((block) => (typeof block === 'string' ? [block] : broken(block, columns)))
}

function add(blocks: (string | Paragraph)[], line: string): void {
  const last = blocks.at(-1)
  const match = item.exec(line)
  if (match) {
    const [, indent = '', mark = '', text = ''] = match
    blocks.push({ indent: indent + mark, hanging: indent + ' '.repeat(mark.length), text })
    return
  }
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  const continues = typeof last === 'object' && last.hanging.length === indent.length && !opening.test(line.trim())
  if (continues) last.text += ` ${line.trim()}`
  else if (indent.length >= 4 && (last === undefined || last === '')) blocks.push(line)
  else blocks.push({ indent, hanging: indent, text: line.trim() })
}

/** Code between backticks is one word. */
function wordsOf(text: string): string[] {
  return text.match(/(?:`+[^`]*`+|[^\s`])+/g) ?? []
}

function broken({ indent, hanging, text }: Paragraph, columns: number): string[] {
  const lines: string[] = []
  let line = indent
  let empty = true
  for (const word of wordsOf(text)) {
    const wider = empty ? `${line}${word}` : `${line} ${word}`
    if (empty || wider.length <= columns || marker.test(word)) {
      line = wider
      empty = false
      continue
    }
    lines.push(line)
    line = `${hanging}${word}`
  }
  return [...lines, line]
}

/**
 * The same, but a block of lines between empty ones is left as its author broke it where none of
 * them is too wide.
 */
export function reflowedWhereWide(lines: readonly string[], columns: number): string[] {
  const output: string[] = []
  let block: string[] = []
  let code = false
  const flush = (): void => {
    const wide = block.some((line) => line.length > columns)
    output.push(...(wide ? reflowed(block, columns) : block))
    block = []
  }
  for (const line of lines) {
    if (/^\s*(?:```|~~~)/.test(line)) {
      if (!code) flush()
      code = !code
      output.push(line)
    } else if (code) output.push(line)
    else if (line.trim() === '') {
      flush()
      output.push(line)
    } else block.push(line)
  }
  flush()
  return output
}
