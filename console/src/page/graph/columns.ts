// In which order do nodes stand in their columns, and how high? So that lines cross little and run
// level where they can. Pure.

export interface ColumnNode {
  readonly id: string
  readonly column: number
  readonly height: number
}

export interface Neighbours {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const gap = 18
const sweeps = 6

/** Top of each node, from 0 on. */
export function tops(
  nodes: readonly ColumnNode[],
  neighbours: (id: string) => Neighbours,
): ReadonlyMap<string, number> {
  const count = Math.max(0, ...nodes.map(({ column }) => column + 1))
  const columns = Array.from({ length: count }, (_, column) => nodes.filter((node) => node.column === column))
  const centre = new Map<string, number>()
  for (const column of columns) stack(column, centre)
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const forward = sweep % 2 === 0
    for (const column of forward ? columns : columns.toReversed())
      settle(column, centre, (id) => (forward ? neighbours(id).before : neighbours(id).after))
  }
  const top = nodes.map(({ id, height }) => [id, (centre.get(id) ?? 0) - height / 2] as const)
  const least = Math.min(...top.map(([, y]) => y))
  return new Map(top.map(([id, y]) => [id, Math.round(y - least)]))
}

/** One below the other, around 0. */
function stack(column: readonly ColumnNode[], centre: Map<string, number>): void {
  const total = column.reduce((sum, { height }) => sum + height + gap, -gap)
  let y = -total / 2
  for (const { id, height } of column) {
    centre.set(id, y + height / 2)
    y += height + gap
  }
}

/** Each as near as can be to the middle of its neighbours, in the order of those middles. */
function settle(column: ColumnNode[], centre: Map<string, number>, of: (id: string) => readonly string[]): void {
  const wish = new Map(
    column.map(({ id }) => {
      const others = of(id).flatMap((other) => centre.get(other) ?? [])
      const mean = others.reduce((sum, y) => sum + y, 0) / others.length
      return [id, others.length > 0 ? mean : (centre.get(id) ?? 0)]
    }),
  )
  const wished = (node: ColumnNode): number => wish.get(node.id) ?? 0
  column.sort((a, b) => wished(a) - wished(b))
  const blocks: { nodes: ColumnNode[]; height: number; centre: number }[] = []
  for (const node of column) {
    let block = { nodes: [node], height: node.height, centre: wished(node) }
    // Blocks that would overlap become one, in the middle of what its members wish.
    for (let above = blocks.at(-1); above && overlap(above, block); above = blocks.at(-1)) {
      blocks.pop()
      const nodes = [...above.nodes, ...block.nodes]
      block = { nodes, height: above.height + gap + block.height, centre: meanCentre(nodes, wished) }
    }
    blocks.push(block)
  }
  for (const block of blocks) {
    let y = block.centre - block.height / 2
    for (const { id, height } of block.nodes) {
      centre.set(id, y + height / 2)
      y += height + gap
    }
  }
}

function overlap(
  above: { readonly height: number; readonly centre: number },
  below: { readonly height: number; readonly centre: number },
): boolean {
  return above.centre + above.height / 2 + gap > below.centre - below.height / 2
}

function meanCentre(nodes: readonly ColumnNode[], wished: (node: ColumnNode) => number): number {
  return nodes.reduce((sum, node) => sum + wished(node), 0) / nodes.length
}
