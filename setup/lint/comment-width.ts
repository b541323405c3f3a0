// Is a comment narrow enough to be read next to another file? A rule of ESLint; --fix breaks the
// lines again.
import type { Rule, SourceCode } from 'eslint'
import { reflowedWhereWide } from './reflow.ts'

/** Columns, the indentation included. */
export const width = 100

type Comment = ReturnType<SourceCode['getAllComments']>[number]

/** What other tools read stays as it is. */
const directive = /^\s*(?:eslint|@ts-|prettier-|@vitest|v8 |c8 |#)/

function tooWide(sourceCode: SourceCode, from: number, to: number): boolean {
  return sourceCode.lines.slice(from - 1, to).some((line) => line.length > width)
}

interface Place {
  readonly indent: string
  readonly firstLine: number
  readonly lastLine: number
}

function placeOf(sourceCode: SourceCode, first: Comment, last: Comment): Place | undefined {
  if (!first.loc || !last.loc) return undefined
  const [before, after] = [sourceCode.lines[first.loc.start.line - 1], sourceCode.lines[last.loc.end.line - 1]]
  const indent = before?.slice(0, first.loc.start.column) ?? ''
  const rest = after?.slice(last.loc.end.column) ?? ''
  if (indent.trim() !== '' || rest.trim() !== '') return undefined
  return { indent, firstLine: first.loc.start.line, lastLine: last.loc.end.line }
}

/** Comments of `//` on lines that follow each other are one text. */
function groups(sourceCode: SourceCode): Comment[][] {
  const result: Comment[][] = []
  for (const comment of sourceCode.getAllComments()) {
    const previous = result.at(-1)?.at(-1)
    const follows =
      comment.type === 'Line' &&
      previous?.type === 'Line' &&
      previous.loc?.end.line === (comment.loc?.start.line ?? 0) - 1 &&
      previous.loc.start.column === comment.loc?.start.column &&
      placeOf(sourceCode, previous, previous) !== undefined
    if (follows) result.at(-1)?.push(comment)
    else result.push([comment])
  }
  return result
}

function lineText(comments: readonly Comment[], indent: string): string {
  const texts = comments.map(({ value }) => value.replace(/^ /, '').trimEnd())
  return reflowedWhereWide(texts, width - indent.length - 3)
    .map((text) => (text === '' ? '//' : `// ${text}`))
    .join(`\n${indent}`)
}

function blockText({ value }: Comment, indent: string): string {
  const opening = value.startsWith('*') ? '/**' : '/*'
  const texts = value
    .replace(/^\*/, '')
    .split('\n')
    .map((line, index) => (index === 0 ? line.trim() : line.replace(/^\s*\*? ?/, '').trimEnd()))
  if (texts[0] === '') texts.shift()
  if (texts.at(-1)?.trim() === '') texts.pop()
  const inner = reflowedWhereWide(texts, width - indent.length - 3).map((text) => (text === '' ? ' *' : ` * ${text}`))
  return [opening, ...inner, ' */'].join(`\n${indent}`)
}

export const commentWidth: Rule.RuleModule = {
  meta: {
    type: 'layout',
    fixable: 'whitespace',
    schema: [],
    messages: { wide: `A comment has at most {{width}} columns; eslint --fix wraps it.` },
  },
  create: (context) => ({
    Program: () => {
      const { sourceCode } = context
      for (const comments of groups(sourceCode)) {
        const [first, last] = [comments[0], comments.at(-1)]
        const place = first && last && placeOf(sourceCode, first, last)
        if (!first?.range || !last?.range || !place || !tooWide(sourceCode, place.firstLine, place.lastLine)) continue
        if (comments.some(({ value }) => directive.test(value))) continue
        const text = first.type === 'Line' ? lineText(comments, place.indent) : blockText(first, place.indent)
        const range: [number, number] = [first.range[0], last.range[1]]
        if (text === sourceCode.text.slice(...range)) continue
        context.report({
          loc: { line: place.firstLine, column: 0 },
          messageId: 'wide',
          data: { width: String(width) },
          fix: (fixer) => fixer.replaceTextRange(range, text),
        })
      }
    },
  }),
}
