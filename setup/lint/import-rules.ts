// Which import breaks the order of packages and folders? Every package imports what its
// package.json declares and what others export; no two files or folders import each other. Pure.
import { dirname, join, normalize } from 'node:path'

export interface SourceFile {
  /** Path from the root of the repository, with slashes. */
  readonly path: string
  /** Its imports, types included, as written. */
  readonly imports: readonly string[]
}

export interface Package {
  /** Folder from the root of the repository; '.' is the root itself. */
  readonly folder: string
  readonly name: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

/** One line for each wrong import: the file, what was found, and what is allowed. */
export function importProblems(files: readonly SourceFile[], packages: readonly Package[]): string[] {
  return [
    ...files.flatMap((file) => packageProblems(file, packages)),
    ...circles(files).map(
      (circle) => `${circle.join(' → ')}: found a cycle of imports; allowed: imports in one direction`,
    ),
    ...mutualFolders(files),
  ]
}

function packageProblems({ path, imports }: SourceFile, packages: readonly Package[]): string[] {
  const own = packageOf(path, packages)
  const root = packages.find(({ folder }) => folder === '.')
  const isWorkspace = (name: string) => packages.some((each) => each.name === name)
  const test = isTest(path)
  const declared = new Set([
    ...own.dependencies,
    own.name,
    ...(test || own === root ? [...own.devDependencies, ...(root?.devDependencies ?? [])] : []),
  ])
  const say = (actual: string, expected: string) => `${path}: found ${actual}; allowed: ${expected}`
  return imports.flatMap((specifier): string[] => {
    if (specifier.startsWith('.')) {
      const other = packageOf(target(path, specifier), packages)
      // An example is a program of a user's own: it exports nothing, and its tests are next to it.
      if (other === own || other.folder.startsWith('examples/')) return []
      return [say(`${specifier}, a relative import of ${other.name}`, `what ${other.name} exports`)]
    }
    if (specifier.startsWith('node:')) return []
    const name = packageName(specifier)
    // The root has every workspace, and its folders without a package.json use them.
    if (!declared.has(name) && !(own === root && isWorkspace(name)))
      return [say(specifier, `what ${own.folder}/package.json declares${test ? '' : ' as dependencies'}`)]
    const of = packages.find((each) => each.name === name)
    if (!test && own.folder.startsWith('packages/') && of && !of.folder.startsWith('packages/'))
      return [say(specifier, 'only other packages/ below services and tools')]
    return []
  })
}

/** Test code: it may use development dependencies, and packages above its own. */
export function isTest(path: string): boolean {
  return /^tests\/|(^|\/)(test|testing)\/|\.test\.tsx?$/.test(path)
}

function packageOf(path: string, packages: readonly Package[]): Package {
  const holders = packages.filter(({ folder }) => folder === '.' || path.startsWith(`${folder}/`))
  const [first] = holders.toSorted((one, other) => other.folder.length - one.folder.length)
  if (!first) throw new Error(`${path} is in no package`)
  return first
}

function target(path: string, specifier: string): string {
  return normalize(join(dirname(path), specifier))
}
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Each circle once, from its first file by name; the shortest way round from there. */
function circles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((each) => each.startsWith('.')).map((specifier) => target(path, specifier)),
    ]),
  )
  const inOne = new Set<string>()
  return files.flatMap(({ path }): string[][] => {
    const circle = inOne.has(path) ? undefined : wayBack(path, edges)
    for (const each of circle ?? []) inOne.add(each)
    return circle ? [circle] : []
  })
}

function wayBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const from = new Map<string, string>()
  const queue = [start]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const next of edges.get(at) ?? []) {
      if (next === start) {
        const way = [start]
        for (let step: string | undefined = at; step !== undefined && step !== start; step = from.get(step))
          way.splice(1, 0, step)
        return [...way, start]
      }
      if (from.has(next)) continue
      from.set(next, at)
      queue.push(next)
    }
  }
  return undefined
}

/**
 * The folders directly under a src: neither of two may import the other while it is imported by it.
 */
function mutualFolders(files: readonly SourceFile[]): string[] {
  const uses = new Map<string, string>()
  for (const { path, imports } of files.filter((file) => !isTest(file.path))) {
    const folder = folderOf(path)
    if (folder === undefined) continue
    for (const specifier of imports.filter((each) => each.startsWith('.'))) {
      const other = folderOf(target(path, specifier))
      if (other !== undefined && other !== folder) uses.set(`${folder} ${other}`, `${path} imports ${specifier}`)
    }
  }
  return [...uses].flatMap(([pair, use]) => {
    const [one = '', other = ''] = pair.split(' ')
    const back = one < other ? uses.get(`${other} ${one}`) : undefined
    return back === undefined
      ? []
      : [`${one}, ${other}: found imports both ways (${use}; ${back}); allowed: one direction`]
  })
}

function folderOf(path: string): string | undefined {
  return /^(.*?\bsrc\/[^/]+)\//.exec(path)?.[1]
}
