import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { reference, referenceFile } from './reference.ts'

const text = reference()

it('is on file as the schema says it; otherwise run node crds/src/write-reference.ts', () => {
  expect(readFileSync(referenceFile, 'utf8')).toBe(text)
})

it('describes every field', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.filter((row) => /\| \|$|\| {2}\|$/.test(row))).toEqual([])
})

it('links only to what it tells', () => {
  const anchors = new Set(
    [...text.matchAll(/^## (.*)$/gm)].map(([, name = '']) => name.toLowerCase().replace(/[^a-z0-9]/g, '')),
  )
  for (const [, link = ''] of text.matchAll(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(link)
})
