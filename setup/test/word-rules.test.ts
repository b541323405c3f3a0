// Which words does lint count, and which does it leave alone?
import { describe, expect, it } from 'vitest'
import { findingsInCode, findingsInLines, findingsInMarkdown } from '../lint/word-rules.ts'

function inCode(text: string) {
  return findingsInCode('a.ts', text).map(({ line, kind, word }) => `${line} ${kind} ${word}`)
}

describe('in code', () => {
  it('finds bare participles that a file declares, and not those of an object', () => {
    expect(inCode('const found = 1\nfunction told(left: number) {}\ntype Seen = { kept: number }')).toEqual([
      '1 names found',
      '2 names told',
      '2 names left',
    ])
    expect(inCode('const { found, kept: entries } = answer\nconst foundAt = found\nhook((done) => done())')).toEqual([])
    expect(inCode('const { entries: kept } = answer')).toEqual(['1 names kept'])
  })

  it('finds words without a clear meaning in comments and titles, and none in other texts', () => {
    expect(inCode('// Nobody is told.\nconst text = "nobody is told"')).toEqual([
      '1 comments nobody',
      '1 comments is told',
    ])
    expect(inCode('it("is put aside", () => {})')).toEqual(['1 titles put aside'])
    expect(inCode('test.each(rows)("a letter is %s", () => {})\n')).toEqual([])
  })

  it('asks for a subject at the begin of a comment, which may have several lines', () => {
    expect(inCode('/** Of this replica. */\nconst one = 1')).toEqual(['1 comments Of …'])
    expect(inCode('// The offset\n// Of course it is known.\nconst one = 1')).toEqual([])
  })

  it('leaves the terms of the glossary alone, also when they are broken over two lines', () => {
    expect(inCode('/**\n * An error makes a dead\n * letter.\n */\nconst one = 1')).toEqual([])
    expect(inCode('// 1 to 40 capital letters or digits\nconst one = 1')).toEqual([])
  })
})

it('reads the comments of SQL alone', () => {
  expect(findingsInLines("SELECT 'nobody' -- for whoever\n", '--')).toEqual([
    { line: 1, kind: 'comments', word: 'whoever' },
  ])
})

it('leaves code within Markdown out', () => {
  expect(findingsInMarkdown('A dead\nletter.\n```\nnobody\n```\n`nobody` and somebody')).toEqual([
    { line: 6, kind: 'prose', word: 'somebody' },
  ])
})
