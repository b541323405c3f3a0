// Does every commit of a change have a subject `area: imperative` of at most 72 characters?
// `npm run lint` checks the commits between the common base with origin/main and HEAD, and none in
// a clone without origin/main. Merge commits are exempt. The mood of the verb is for the reader: a
// word that ends in -ing may be a noun.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const base = 'origin/main'
const longest = 72

/** What is wrong with a subject, or undefined. */
export function subjectProblem(subject: string): string | undefined {
  if (subject.length > longest) return `found ${subject.length} characters; allowed: at most ${longest}`
  const [, text] = /^[a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*)*: (.+)$/.exec(subject) ?? []
  if (text === undefined)
    return 'found no area; allowed: `area: imperative`, such as `payment: treat a 401 as an outage`'
  if (text.endsWith('.')) return 'found a full stop at its end; allowed: none'
  return undefined
}

function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined // not a clone, or no such commit
  }
}

if (import.meta.main) {
  const lines = git('log', '--no-merges', '--format=%h %s', `${base}..HEAD`)?.split('\n') ?? []
  const problems = lines.flatMap((line) => {
    const [hash = '', ...words] = line.split(' ')
    const problem = line === '' ? undefined : subjectProblem(words.join(' '))
    return problem === undefined ? [] : [`  ${hash} ${words.join(' ')}\n    ${problem}\n`]
  })
  if (problems.length > 0) {
    process.stderr.write(
      `Subjects of commits in ${base}..HEAD (git rebase -i ${base} changes them):\n${problems.join('')}`,
    )
    process.exitCode = 1
  }
}
