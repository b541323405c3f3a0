// Where must the list of built-in stages be written out, because it cannot be imported? In the
// rules of the CRD, in the fixture that these rules refuse, and in the order of the chart's stages.
// Pure.

/** Each file with a pattern of the text around the list; (…) matches the list itself. */
export const listsOfStages: Readonly<Record<string, readonly ListOfStages[]>> = {
  'crds/orderpipelines.yaml': [
    { at: /(?<=self\.name in \[)[^\]]*(?=\])/g, item: (name) => `'${name}'`, between: ', ' },
    { at: /(?<=built-in (?:one|stage) \()[^)]*(?=\))/g, item: (name) => name, between: ', ' },
  ],
  'crds/fixtures/rejected-not-built-in.yaml': [
    { at: /(?<=built-in one \()[^)]*(?=\))/g, item: (name) => name, between: ', ' },
  ],
  'charts/order-shop/templates/pipeline.yaml': [
    { at: /(?<=\$known := list )[^}]*(?= \}\})/g, item: (name) => `"${name}"`, between: ' ' },
  ],
}

interface ListOfStages {
  readonly at: RegExp
  readonly item: (name: string) => string
  readonly between: string
}

/**
 * @throws Error where the list is not found: the text has changed, and must be changed here too.
 */
export function withStages(file: string, text: string, names: readonly string[]): string {
  return (listsOfStages[file] ?? []).reduce((before, { at, item, between }) => {
    if (before.search(at) < 0) throw new Error(`${file}: found no list of stages; allowed: one at ${at.source}`)
    return before.replace(at, names.map(item).join(between))
  }, text)
}
