// Which of the real components do the tests of this run need? Those that their sources name, so
// that a run of one file that needs none waits for none. Pure.

/**
 * The name that a test passes to `inject(<name>)`, or the function of that name in this package.
 */
export const components = ['kubeconfig', 'postgresUrl', 'kafkaBootstrap', 'securedKafka'] as const
export type Component = (typeof components)[number]

/**
 * `sources` are the texts of the selected tests and of the files next to them that they may import.
 */
export function componentsNamedIn(sources: readonly string[]): Component[] {
  return components.filter((name) => sources.some((source) => new RegExp(`\\b${name}\\b`).test(source)))
}
