// What stays of another project's source where only a part of it is needed? Files and cases of a
// switch are left out; nothing of what stays is changed. Pure.

export interface SourceParts {
  /** Folders of the module that stay. */
  readonly folders: readonly string[]
  /** Folder → its Go files that stay. Files of other folders all stay. */
  readonly onlyFiles: Readonly<Record<string, readonly string[]>>
  /** The cases of a switch on strings that stay, between two lines of a file. */
  readonly onlyCases: {
    readonly file: string
    readonly after: string
    readonly before: string
    readonly names: readonly string[]
  }
  /** A folder in tools/go with files of our own that take the place of those of their paths. */
  readonly ownFiles: string
}

/** Whether a file of the module stays, by its path in it. */
export function stays(parts: SourceParts, path: string): boolean {
  if (path.endsWith('_test.go')) return false
  const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)]
  return parts.onlyFiles[folder]?.includes(name) ?? true
}

/** @throws where the text is not as expected, such as that of another version */
export function withoutOtherCases(text: string, { file, after, before, names }: SourceParts['onlyCases']): string {
  const lines = text.split('\n')
  const [first, last] = [after, before].map((mark) => lines.findIndex((line) => line.trim() === mark))
  if (first === undefined || last === undefined || first < 0 || last < first)
    throw new Error(`${file}: found no lines ${after} … ${before}`)
  const present = new Set<string>()
  let leftOut = false
  const cases = lines.slice(first, last).filter((line) => {
    const caseNames = /^\s*case ("[^"]*"(?:, "[^"]*")*):$/.exec(line)?.[1]?.split(', ')
    if (caseNames) {
      const own = caseNames.map((quoted) => JSON.parse(quoted) as string).filter((name) => names.includes(name))
      leftOut = own.length === 0
      for (const name of own) present.add(name)
    } else if (/^\s*default:$/.test(line)) leftOut = false
    return !leftOut
  })
  const missing = names.filter((name) => !present.has(name))
  if (missing.length > 0) throw new Error(`${file}: found no case for ${missing.join(', ')}`)
  return [...lines.slice(0, first), ...cases, ...lines.slice(last)].join('\n')
}
