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
    ...circles(fileImports(files)).map(
      (circle) => `${circle.join(' → ')}: found a cycle of imports; allowed: imports in one direction`,
    ),
    ...folderCircles(files),
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

/** What each file or folder imports. */
type Edges = ReadonlyMap<string, readonly string[]>

function fileImports(files: readonly SourceFile[]): Edges {
  return new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((each) => each.startsWith('.')).map((specifier) => target(path, specifier)),
    ]),
  )
}

/** Each circle once, from its first member; the shortest way round from there. */
function circles(edges: Edges): string[][] {
  const inOne = new Set<string>()
  return [...edges.keys()].flatMap((start): string[][] => {
    const circle = inOne.has(start) ? undefined : wayBack(start, edges)
    for (const each of circle ?? []) inOne.add(each)
    return circle ? [circle] : []
  })
}

function wayBack(start: string, edges: Edges): string[] | undefined {
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
 * Folders next to each other inside a src, at any depth: their imports go one way. Tests are free.
 */
function folderCircles(files: readonly SourceFile[]): string[] {
  const uses = new Map<string, Map<string, string>>()
  for (const { path, imports } of files.filter((file) => !isTest(file.path)))
    for (const specifier of imports.filter((each) => each.startsWith('.'))) {
      const pair = foldersApart(path, target(path, specifier))
      if (pair === undefined) continue
      const [one, other] = pair
      uses.set(one, (uses.get(one) ?? new Map<string, string>()).set(other, `${path} imports ${specifier}`))
    }
  const edges = new Map([...uses].map(([folder, others]) => [folder, [...others.keys()]]))
  return circles(edges).map((circle) => {
    const steps = circle.slice(1).map((folder, index) => uses.get(circle[index] ?? '')?.get(folder))
    return `${circle.join(' → ')}: found folders in a cycle (${steps.join('; ')}); allowed: one direction`
  })
}

/** The two folders of one parent, inside a src, that an import goes from and to. */
function foldersApart(path: string, other: string): [string, string] | undefined {
  const [from, to] = [dirname(path).split('/'), dirname(other).split('/')]
  const at = from.findIndex((name, index) => name !== to[index])
  if (at < 0 || to.length <= at || !from.slice(0, at).includes('src')) return undefined
  return [from.slice(0, at + 1).join('/'), to.slice(0, at + 1).join('/')]
}
