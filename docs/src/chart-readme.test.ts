import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { valueRows } from './chart-readme.ts'
import { chartNames, currentReadme, readmeFile } from './write-chart-readmes.ts'

test.each(chartNames)('the README of %s equals that of its values; npm run generate writes it', async (name) => {
  expect(await readFile(readmeFile(name), 'utf8')).toBe(await currentReadme(name))
})

test.each(chartNames)('the README of %s has a row for every value at the top of values.yaml', async (name) => {
  const readme = await currentReadme(name)
  const values = parse(await readFile(readmeFile(name).replace('README.md', 'values.yaml'), 'utf8')) as object
  for (const key of Object.keys(values)) expect(readme).toMatch(new RegExp(`^\\| \`${key}[\`.]`, 'm'))
})

test('a value has the comments above it and next to it, its path, and its default', () => {
  const text = `# What is this file?

# How many.
# Not fewer than one.
replicas: 2
image:
  # Where it is.
  repository: "" # no default
  tag: latest
# The parts of a pod.
pod:
  labels: {}
  "a.b": [1]
`
  expect(valueRows(text)).toEqual([
    { path: 'replicas', value: '2', description: 'How many. Not fewer than one.' },
    { path: 'image.repository', value: '""', description: 'Where it is. no default' },
    { path: 'image.tag', value: '"latest"', description: '' },
    { path: 'pod', value: undefined, description: 'The parts of a pod.' },
    { path: 'pod.labels', value: '{}', description: '' },
    { path: 'pod."a.b"', value: '[1]', description: '' },
  ])
})
