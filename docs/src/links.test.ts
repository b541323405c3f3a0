// Does every relative link of the repository's Markdown lead to a file, and to a heading of it?
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, relativeLinks } from './links.ts'

const root = join(import.meta.dirname, '..', '..')
const tracked = filesBy(['ls-files', '--cached', '--others', '--exclude-standard'])
const pages = tracked.filter((path) => path.endsWith('.md'))

function filesBy(command: readonly string[]): string[] {
  const files = execFileSync('git', command, { cwd: root, encoding: 'utf8' }).split('\n')
  return files.filter((path) => path !== '' && existsSync(join(root, path)))
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The page itself, or the page that GitHub shows for a folder. */
function pageOf(path: string): string {
  return path.endsWith('.md') ? path : `${path}/README.md`
}

describe('the relative links of Markdown pages', () => {
  const links = pages.flatMap((page) => relativeLinks(page, read(page)).map((link) => ({ page, ...link })))

  it('lead to files and folders of the repository', () => {
    const folders = new Set(
      tracked.flatMap((path) => path.split('/').map((_, end, parts) => parts.slice(0, end).join('/'))),
    )
    const broken = links.filter(({ path }) => !tracked.includes(path) && !folders.has(path))
    expect(broken.map(({ page, line, path }) => `${page}:${line}: no file ${path}`)).toEqual([])
    expect(links.length).toBeGreaterThan(200)
  })

  it('name headings that their pages have', () => {
    const anchored = links.filter(({ anchor, path }) => anchor !== undefined && tracked.includes(pageOf(path)))
    const broken = anchored.filter(({ anchor = '', path }) => !anchorsOf(read(pageOf(path))).has(anchor))
    expect(broken.map(({ page, line, path, anchor }) => `${page}:${line}: no heading #${anchor} in ${path}`)).toEqual(
      [],
    )
    expect(anchored.length).toBeGreaterThan(20)
  })
})

describe('paths of documentation in sources', () => {
  it('are those of pages that exist', () => {
    const sources = tracked.filter((path) => /\.(?:ts|tsx|mjs|js|go|sql|yaml|yml|tpl|txt|json)$/.test(path))
    const broken = sources.flatMap((source) =>
      [...read(source).matchAll(/\bdocs\/[a-z0-9/-]+\.md\b/g)]
        .filter(([path]) => !tracked.includes(path))
        .map(([path]) => `${source}: ${path}`),
    )
    expect(broken).toEqual([])
  })
})

describe('the anchors of a page', () => {
  it('are its headings without punctuation, numbered where they repeat', () => {
    const page =
      '# The `shop`, again\n## Add a [stage](x.md)\n## Set up\n```\n# not one\n```\n## Set up\n<a id="own"></a>\n'
    expect([...anchorsOf(page)]).toEqual(['the-shop-again', 'add-a-stage', 'set-up', 'set-up-1', 'own'])
  })

  it('are not looked for in links to other sites or in code', () => {
    const page = 'See [a](../b.md#c), [d](https://example.com/e.md), `[f](g.md)` and <img src="h.png">.'
    expect(relativeLinks('folder/pages/x.md', page)).toEqual([
      { line: 1, path: 'folder/b.md', anchor: 'c' },
      { line: 1, path: 'folder/pages/h.png' },
    ])
  })
})
