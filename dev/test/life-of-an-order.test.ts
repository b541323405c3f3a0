// Do the commands of docs/guides/life-of-an-order.md do what the page says? Each block of `sh` is
// run by a shell as it is printed, and its answer has at least the fields of the `json` below it.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const root = join(import.meta.dirname, '../..')
let space: Workspace
let running: RunningDev

interface Step {
  readonly command: string
  /** What the answer must have; undefined for a block that only sets variables. */
  readonly answer: object | undefined
}

/** The blocks of `sh` of the page in their order, each with the `json` that follows it. */
function stepsOf(page: string): Step[] {
  const blocks = [...page.matchAll(/^```(sh|json)\n([^]*?)^```$/gm)]
  return blocks.flatMap(([, kind, command = ''], index) => {
    const [, next, text = ''] = blocks[index + 1] ?? []
    return kind === 'sh' ? [{ command, answer: next === 'json' ? (JSON.parse(text) as object) : undefined }] : []
  })
}

beforeAll(async () => {
  const shop = await readFile(join(root, 'examples/shop-whole.yaml'), 'utf8')
  space = await workspace(
    shop.replaceAll(/minReplicas: \d+/g, 'minReplicas: 1').replaceAll(/maxReplicas: \d+/g, 'maxReplicas: 2'),
  )
  const fraudCheck = `node ${join(root, 'examples/fraud-check/src/main.ts')}`
  running = new RunningDev(space, [
    ...['-f', join(root, 'examples/fraud-check/tables.yaml'), '--profile', 'shop'],
    ...['--run', `fraud-check=${fraudCheck}`, '--run', `fraud-check-tables=${fraudCheck} migrate`],
  ])
  await running.says(/Ready: \d+\/\d+ replicas/)
}, 400_000)
afterAll(async () => {
  running.kill()
  await running.ended()
  await space.remove()
})

const mark = '-- variables'
/** The declarations of the variables that the blocks before have set. */
let variables = ''

/** Runs a block after those before it. Resolves with what it prints. */
async function printedBy(command: string): Promise<string> {
  const here = command.replaceAll('http://127.0.0.1:30080', running.gateway)
  const script = `${variables}\n${here}\necho\necho '${mark}'\ndeclare -p gateway customer staff order 2>/dev/null; true`
  const options = { cwd: root, env: { ...space.env, ORDERPIPELINE_CLUSTER: 'local' }, timeout: 60_000 }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], options)
  const [printed = '', declarations = ''] = stdout.split(`\n${mark}\n`)
  variables = declarations
  return printed
}

it('an order goes the way of the page, from its placement to a refund of a part', { timeout: 400_000 }, async () => {
  const steps = stepsOf(await readFile(join(root, 'docs/guides/life-of-an-order.md'), 'utf8'))
  expect(steps.length).toBeGreaterThan(8)
  for (const { command, answer } of steps) {
    if (!answer) await printedBy(command)
    else if (command.includes(' -d ')) expect(JSON.parse(await printedBy(command)), command).toMatchObject(answer)
    else await untilAnswered(command, answer)
  }
})

/** A block that only reads is repeated until it has the answer. */
async function untilAnswered(command: string, answer: object): Promise<void> {
  let printed = ''
  await eventually(`${command} has ${JSON.stringify(answer)}`, 120, async () => {
    printed = await printedBy(command)
    return contains(JSON.parse(printed), answer) || undefined
  }).catch((error: unknown) => {
    throw new Error(`the last answer was ${printed}`, { cause: error })
  })
}

/** Whether the value has all fields of the other, and lists begin with what the other's have. */
function contains(value: unknown, other: unknown): boolean {
  if (typeof other !== 'object' || other === null) return value === other
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(other).every(([key, of]) => contains((value as Record<string, unknown>)[key], of))
}
