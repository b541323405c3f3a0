// What does the process do that measures one checkout? It takes its request as an argument and
// writes the answer as JSON to standard output. It has no code of the project but the cases, and
// their modules are those of the checkout.
import { z } from 'zod'
import { microCases } from './cases/index.ts'
import { availableCases, measuredCases } from './measure.ts'
import { treeAt } from './tree.ts'

const request = z.object({
  tree: z.string(),
  cases: z.array(z.string()),
  /** For each case; without it the answer says which cases can be measured. */
  milliseconds: z.number().positive().optional(),
})

const { tree: root, cases, milliseconds } = request.parse(JSON.parse(process.argv[2] ?? ''))
const tree = treeAt(root)
const selected = cases.flatMap((name) => microCases.filter((one) => one.name === name))
const answer =
  milliseconds === undefined ? await availableCases(tree, selected) : await measuredCases(tree, selected, milliseconds)
process.stdout.write(JSON.stringify(answer))
