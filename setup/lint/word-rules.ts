// Which words make a text hard to read, and where do they stand? Pure; words.ts reads the files.
// The terms to use are those of docs/glossary.md.
import ts from 'typescript'

export interface Finding {
  readonly line: number
  readonly kind: Kind
  readonly word: string
}

/** Names that a file declares, its comments, the titles of its tests, and the prose of Markdown. */
export type Kind = 'names' | 'comments' | 'titles' | 'prose'

/**
 * A participle says that something happened, and not what the value is: `found` may be anything.
 */
const participles = new Set(
  [
    'asked begun born brought called chosen done drawn found given gone got grown heard held kept known',
    'left lent lost made meant met moved named needed paid placed said seen sent shown stored taken told',
    'tried wanted won written',
  ]
    .join(' ')
    .split(' '),
)

/** Words of an older vocabulary as names, alone or as a part of one. */
const oldNames =
  /^(?:aside|beside|calm|custody|care|careful|grave|graves|letter|letters|news|nobody|somebody|whoever)$/i

/** The same in a text, with idioms for which the glossary has a term. */
const oldWords: readonly RegExp[] = [
  /\b(?:nobody|somebody|whoever|whom|anew|custody|beside)\b/gi,
  /\b(?:is|are|was|were|be|being|been|gets?|not) told\b/gi,
  /\b(?:in hand|let go|lets go|taken up(?! to)|called back|so-manieth|how-manieth)\b/gi,
  /\b(?:news|graves?|lent)\b/gi,
  /\b(?:put|set|puts|sets|is|are|waits|wait) aside\b/gi,
  /(?<!dead[- ]|capital |small |a |first |of |one |each |and )\bletters?\b(?!,? (?:or |and )?(?:digits?|of|or))/gi,
]

/** A sentence needs a subject: a comment does not begin with "Of …". */
const withoutSubject = /^\s*Of (?!course\b)/

export function isOldName(name: string): boolean {
  return participles.has(name) || oldNames.test(name)
}

export function oldWordsIn(text: string): string[] {
  const words = oldWords.flatMap((pattern) => [...text.matchAll(pattern)].map(([word]) => word.toLowerCase()))
  return withoutSubject.test(text) ? ['Of …', ...words] : words
}

/** The declarations, comments and test titles of a file of TypeScript. */
export function findingsInCode(path: string, text: string): Finding[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const findings: Finding[] = []
  const note = (kind: Kind, position: number, words: readonly string[]): void => {
    const line = file.getLineAndCharacterOfPosition(position).line + 1
    for (const word of words) findings.push({ line, kind, word })
  }
  const visit = (node: ts.Node): void => {
    const name = declaredName(node)
    if (name && isOldName(name.text)) note('names', name.getStart(file), [name.text])
    const title = titleOf(node)
    if (title !== undefined) note('titles', node.getStart(file), oldWordsIn(title))
    ts.forEachChild(node, visit)
  }
  visit(file)
  for (const { position, comment } of commentsOf(file)) note('comments', position, oldWordsIn(comment))
  return findings
}

/** Comments of SQL and shell. */
export function findingsInLines(text: string, mark: string): Finding[] {
  return text.split('\n').flatMap((content, index) => {
    const at = content.indexOf(mark)
    if (at < 0) return []
    return oldWordsIn(content.slice(at + mark.length)).map(
      (word) => ({ line: index + 1, kind: 'comments', word }) as const,
    )
  })
}

/** Code within Markdown is left out. */
export function findingsInMarkdown(text: string): Finding[] {
  const lines = text.split('\n')
  let inCode = false
  return lines.flatMap((content, index) => {
    if (/^\s*```/.test(content)) inCode = !inCode
    if (inCode) return []
    // A term may be broken over two lines.
    const before = / dead$/.test(lines[index - 1] ?? '') ? 'dead ' : ''
    const words = oldWordsIn(before + content.trimStart().replace(/`[^`]*`|\]\([^)]*\)/g, ' ')).filter(
      (word) => word !== 'Of …',
    )
    return words.map((word) => ({ line: index + 1, kind: 'prose', word }) as const)
  })
}

/**
 * The name that a node declares. A name that a destructuring takes over from an object is left out:
 * it is the object's.
 */
function declaredName(node: ts.Node): ts.Identifier | undefined {
  if (ts.isBindingElement(node)) return node.propertyName && ts.isIdentifier(node.name) ? node.name : undefined
  // A callback of Fastify's hooks is called `done`.
  if (ts.isParameter(node) && ts.isIdentifier(node.name)) return node.name.text === 'done' ? undefined : node.name
  const declares =
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  return declares && node.name && ts.isIdentifier(node.name) ? node.name : undefined
}

function titleOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined
  const [title] = node.arguments
  if (!title || !ts.isStringLiteralLike(title)) return undefined
  let called: ts.Expression = node.expression
  while (ts.isCallExpression(called) || ts.isPropertyAccessExpression(called)) called = called.expression
  return ts.isIdentifier(called) && /^(?:it|test|describe)$/.test(called.text) ? title.text : undefined
}

/** Comments of `//` on lines that follow each other are one text. */
function commentsOf(file: ts.SourceFile): { position: number; comment: string }[] {
  const { text } = file
  const ranges = new Map<number, ts.CommentRange>()
  const visit = (node: ts.Node): void => {
    const leading = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
    const trailing = ts.getTrailingCommentRanges(text, node.getEnd()) ?? []
    if (!ts.isJsxText(node)) for (const range of [...leading, ...trailing]) ranges.set(range.pos, range)
    node.getChildren(file).forEach(visit)
  }
  visit(file)
  const comments: { position: number; comment: string }[] = []
  let end = -1
  for (const range of [...ranges.values()].sort((one, other) => one.pos - other.pos)) {
    const comment = text
      .slice(range.pos, range.end)
      .replace(/^\/\*\*?|^\/\/|\*\/$/g, '')
      .replace(/\s*\n[\s*]*/g, ' ')
    const previous = comments.at(-1)
    const follows = previous !== undefined && /^\n[ \t]*$/.test(text.slice(end, range.pos))
    if (follows && range.kind === ts.SyntaxKind.SingleLineCommentTrivia) previous.comment += comment
    else comments.push({ position: range.pos, comment })
    end = range.end
  }
  return comments
}
