// How is a program of another project's module built exactly as its own repository builds it? Go
// ignores the replace and exclude lines of a dependency, so the program is built from a wrapper
// module that repeats them, with the dependency's go.sum. Pure.
import type { Recipe } from './recipes.ts'

/** What `go mod edit -json` prints of a go.mod. */
export interface GoMod {
  readonly Go?: string
  readonly Require?: readonly { readonly Path: string; readonly Version: string; readonly Indirect?: boolean }[]
  readonly Exclude?: readonly { readonly Path: string; readonly Version: string }[]
  readonly Replace?: readonly {
    readonly Old: { readonly Path: string; readonly Version?: string }
    readonly New: { readonly Path: string; readonly Version?: string }
  }[]
}

/** Folder of the wrapper module with the source of a recipe that needs only parts of it. */
export const partsFolder = './source'

/** `neighbour`: the go.mod of the tool with which it shares libraries. */
export function wrapperGoMod(
  recipe: Pick<Recipe, 'module' | 'version' | 'staging' | 'parts'>,
  source: GoMod,
  neighbour: GoMod = {},
): string {
  const paths = new Set((source.Require ?? []).map(({ Path }) => Path))
  const common = (neighbour.Require ?? []).filter(({ Path }) => paths.has(Path))
  return [
    'module orderpipeline.dev/tools/build',
    `go ${source.Go ?? '1.21'}`,
    `require ${recipe.module} v${recipe.version}`,
    ...(recipe.parts ? [`replace ${recipe.module} => ${partsFolder}`] : []),
    // Go takes the newer one where a module is required at two versions.
    ...[...(source.Require ?? []), ...common].map(requireLine),
    ...(source.Exclude ?? []).map((e) => `exclude ${e.Path} ${e.Version}`),
    ...(source.Replace ?? []).flatMap((r) => replaceLine(recipe.staging, r)),
    '',
  ].join('\n')
}

function requireLine({ Path, Version, Indirect }: NonNullable<GoMod['Require']>[number]): string {
  return `require ${Path} ${Version}${Indirect ? ' // indirect' : ''}`
}

/**
 * A folder of the source's own repository is not in the proxy: the published version takes its
 * place, or none.
 */
function replaceLine(staging: Recipe['staging'], { Old, New }: NonNullable<GoMod['Replace']>[number]): string[] {
  const old = [Old.Path, Old.Version].filter(Boolean).join(' ')
  if (!/^\.{0,2}\//.test(New.Path)) return [`replace ${old} => ${New.Path} ${New.Version ?? ''}`.trimEnd()]
  return staging && Old.Path.startsWith(staging.prefix) ? [`replace ${old} => ${Old.Path} ${staging.version}`] : []
}

/** The linker drops it, by -s and -w; a tenth of the time goes into what is then dropped. */
const noDebugInformation = '-gcflags=all=-dwarf=false'

/**
 * Arguments of `go build` for a recipe, after `build`; of several packages `output` is the folder.
 */
export function buildArguments(
  recipe: Recipe,
  output: string,
  packages: readonly string[] = [recipe.package],
): string[] {
  const stamps = (recipe.stamps ?? []).map((stamp) => `-X ${stamp}`)
  return [
    ...['-trimpath', '-buildvcs=false', noDebugInformation, '-ldflags', ['-s -w', ...stamps].join(' ')],
    ...(recipe.tags?.length ? ['-tags', recipe.tags.join(',')] : []),
    ...['-o', output, ...packages],
  ]
}
