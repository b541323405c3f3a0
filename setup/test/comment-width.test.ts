// Are wide comments found, and broken again without a change of their words?
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { commentWidth, width } from '../lint/comment-width.ts'

const linter = new Linter()
const config = {
  plugins: { local: { rules: { 'comment-width': commentWidth } } },
  rules: { 'local/comment-width': 'error' },
} as const
function fixed(code: string) {
  return linter.verifyAndFix(code, config).output
}
function problemCount(code: string) {
  return linter.verify(code, config).length
}
function words(count: number, word = 'word') {
  return Array.from({ length: count }, () => word).join(' ')
}
const wide = words(30)

describe('a wide comment', () => {
  it('of // is wrapped into lines within the width, with all its words', () => {
    const output = fixed(`  // ${wide}\n  // and more\nconst a = 1\n`)
    expect(output.split('\n').every((line) => line.length <= width)).toBe(true)
    expect(output.replaceAll(/\s*\/\/ /g, ' ').trim()).toBe(`${wide} and more\nconst a = 1`)
    expect(problemCount(output)).toBe(0)
  })

  it('of one line in a block becomes a block of several lines', () => {
    expect(fixed(`/** ${words(22)} */\nconst a = 1\n`)).toBe(`/**\n * ${words(19)}\n * ${words(3)}\n */\nconst a = 1\n`)
  })

  it('keeps paragraphs, list items and tags apart', () => {
    const output = fixed(`/**\n * ${wide}\n *\n * - ${wide}\n * - short\n * @throws Error\n */\nconst a = 1\n`)
    expect(output).toContain('\n *\n * - word')
    expect(output).toContain('\n * - short\n * @throws Error\n')
    expect(output).toMatch(/\n \* {3}word/)
    expect(problemCount(output)).toBe(0)
  })

  it('stays if a word is too long, if another tool reads it, and after code', () => {
    const address = `https://example.com/${'a'.repeat(120)}`
    for (const code of [`// ${address}\n`, `// prettier-ignore ${wide}\n`, `const a = 1 // ${wide}\n`])
      expect([problemCount(code), fixed(code)]).toEqual([0, code])
  })

  it('stays in a string', () => {
    expect(problemCount(`const a = \`\n// ${wide}\n\`\n`)).toBe(0)
  })
})

it('a narrow comment keeps its line breaks', () => {
  expect(problemCount('// one\n// two\nconst a = 1\n')).toBe(0)
})
