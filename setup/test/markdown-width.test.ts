// Is wide Markdown broken again without a change of its text?
import { describe, expect, it } from 'vitest'
import { width } from '../lint/comment-width.ts'
import { narrowed } from '../lint/markdown-width.ts'

function words(count: number, word = 'word') {
  return Array.from({ length: count }, () => word).join(' ')
}
const wide = words(40)
function widest(text: string) {
  return Math.max(...text.split('\n').map((line) => line.length))
}

describe('wide Markdown', () => {
  it('has its paragraphs wrapped, and keeps all words', () => {
    const output = narrowed(`${wide}\nand more\n\nshort\nlines\n`)
    expect(widest(output)).toBeLessThanOrEqual(width)
    expect(output.replaceAll('\n', ' ').trim()).toBe(`${wide} and more  short lines`)
    expect(output).toContain('\n\nshort\nlines\n') // as its author broke it
    expect(narrowed(output)).toBe(output)
  })

  it('keeps lists, with indented continuation lines', () => {
    const output = narrowed(`- ${wide}\n  and more\n  1. ${wide}\n- short`)
    expect(widest(output)).toBeLessThanOrEqual(width)
    expect(output.split('\n').map((line) => /^(?:- |\s*1\. |\s+)/.exec(line)?.[0])).toEqual([
      '- ',
      '  ',
      '  ',
      '  1. ',
      '     ',
      '     ',
      '- ',
    ])
  })

  it('never begins a line with the mark of a list or a quotation', () => {
    const output = narrowed(`${words(19)} word - ${words(19)} 12. > ${words(10)}`)
    expect(output.split('\n').filter((line) => /^(?:[-*+>] |\d+\. )/.test(line))).toEqual([])
  })

  it('does not change tables, code, headings and inline code', () => {
    const text = [`| ${wide} |`, '```', wide, '```', '', `# ${wide}`, '', '    ' + wide].join('\n')
    expect(narrowed(text)).toBe(text)
    const span = '`npm run a -- with many options`'
    expect(narrowed(`${words(18)} ${span} ${wide}`)).toContain(span)
  })
})
