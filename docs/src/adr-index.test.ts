// Does docs/adr/README.md list every decision, and is every decision's number its own?
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..', 'adr')
const decisions = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name))
const index = readFileSync(join(folder, 'README.md'), 'utf8')

describe('the index of architecture decisions', () => {
  it('links to every decision exactly once', () => {
    const links = [...index.matchAll(/\]\((\d{4}-[^)]+\.md)\)/g)].map((match) => match[1])
    expect(links.sort()).toEqual(decisions.sort())
  })

  it('numbers decisions from 1 without a gap and without a double', () => {
    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, position) => position + 1))
  })

  it('opens each decision with the number of its file name', () => {
    for (const name of decisions) {
      expect(readFileSync(join(folder, name), 'utf8').split('\n')[0], name).toMatch(
        new RegExp(`^# ${Number(name.slice(0, 4))}\\. `),
      )
    }
  })
})
