// Where do the relative links of a Markdown text lead, and which anchors can a link into it name?
import { posix } from 'node:path'

export interface Link {
  readonly line: number
  /** Path from the root of the repository. */
  readonly path: string
  readonly anchor?: string
}

/** The relative links of a page at `page`, of Markdown and of HTML; code is left out. */
export function relativeLinks(page: string, text: string): Link[] {
  return proseLines(text).flatMap(([prose, line]) =>
    targetsIn(prose)
      .filter((target) => !/^(?:[a-z][a-z+.-]*:|\/)/i.test(target))
      .map((target) => ({ line, ...place(page, target) })),
  )
}

/**
 * The anchors of a page as GitHub derives them: from its headings, and from `id` and `name` of
 * HTML.
 */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [line] of proseLines(text, false)) {
    for (const [, name = ''] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(name)
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1]
    if (heading !== undefined) anchors.add(unused(slug(heading), anchors))
  }
  return anchors
}

function proseLines(text: string, withoutCode = true): [text: string, line: number][] {
  let fenced = false
  return text.split('\n').flatMap((line, index): [string, number][] => {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced
    if (fenced) return []
    return [[withoutCode ? line.replace(/`[^`]*`/g, '') : line, index + 1]]
  })
}

function targetsIn(line: string): string[] {
  const markdown = [...line.matchAll(/\]\(([^)\s]+)\)/g)]
  const html = [...line.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)]
  return [...markdown, ...html].map(([, target = '']) => target)
}

function place(page: string, target: string): { path: string; anchor?: string } {
  const [path = '', anchor] = target.split('#')
  return {
    path: path === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(path)).replace(/\/$/, ''),
    ...(anchor !== undefined && { anchor }),
  }
}

function slug(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-')
}

function unused(name: string, anchors: ReadonlySet<string>): string {
  let candidate = name
  for (let count = 1; anchors.has(candidate); count++) candidate = `${name}-${count}`
  return candidate
}
