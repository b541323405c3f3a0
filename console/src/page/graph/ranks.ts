// In which column does each node of the graph stand? Where what it needs comes before it, and
// answers that go back are set apart. Pure.

export interface Link {
  readonly from: string
  readonly to: string
}

/** Nodes in `nodes`' order; a node that nothing leads to comes first. */
export function ranksOf(
  nodes: readonly string[],
  links: readonly Link[],
): { readonly rank: ReadonlyMap<string, number>; readonly isBack: (link: Link) => boolean } {
  const next = new Map(nodes.map((node) => [node, links.filter(({ from }) => from === node).map(({ to }) => to)]))
  const back = backLinks(nodes, next, new Set(links.map(({ to }) => to)))
  const keyOf = ({ from, to }: Link): string => JSON.stringify([from, to])
  const isBack = (link: Link): boolean => back.has(keyOf(link))
  return {
    rank: longestPaths(
      nodes,
      links.filter((link) => !isBack(link)),
    ),
    isBack,
  }
}

/**
 * Those that close a circle, found from the entrances on, so that what comes later in the work
 * stands further on.
 */
function backLinks(
  nodes: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  reached: ReadonlySet<string>,
): ReadonlySet<string> {
  const back = new Set<string>()
  const finishedNodes = new Set<string>()
  const open = new Set<string>()
  const entrances = nodes.filter((node) => !reached.has(node))
  for (const start of [...entrances, ...nodes]) {
    if (finishedNodes.has(start)) continue
    // Without recursion: a chain may be long.
    const stack = [{ node: start, at: 0 }]
    open.add(start)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = next.get(top.node)?.[top.at]
      top.at += 1
      if (to === undefined) {
        open.delete(top.node)
        finishedNodes.add(top.node)
        stack.pop()
      } else if (open.has(to)) back.add(JSON.stringify([top.node, to]))
      else if (!finishedNodes.has(to)) {
        open.add(to)
        stack.push({ node: to, at: 0 })
      }
    }
  }
  return back
}

/** `links` go in no circle. */
function longestPaths(nodes: readonly string[], links: readonly Link[]): ReadonlyMap<string, number> {
  const rank = new Map(nodes.map((node) => [node, 0]))
  const waiting = new Map(nodes.map((node) => [node, links.filter(({ to }) => to === node).length]))
  const ready = nodes.filter((node) => waiting.get(node) === 0)
  for (let node = ready.shift(); node !== undefined; node = ready.shift())
    for (const { from, to } of links) {
      if (from !== node) continue
      rank.set(to, Math.max(rank.get(to) ?? 0, (rank.get(from) ?? 0) + 1))
      const remaining = (waiting.get(to) ?? 0) - 1
      waiting.set(to, remaining)
      if (remaining === 0) ready.push(to)
    }
  return rank
}
