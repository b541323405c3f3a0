// Do the commands of the README work as they are printed? Each shell command of the pages is run in
// a shell on a shop of `npm start`, or is named here with the reason why not; each output has the
// form of what its command prints now.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formOf, shownOn } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const root = join(import.meta.dirname, '../..')
const pages = ['README.md', 'docs/guides/dev.md'].map((path) => ({
  path,
  ...shownOn(readFileSync(join(root, path), 'utf8')),
}))

/** How a command begins, why it is not run here, and the file that tests it, if one does. */
const notRunHere: readonly (readonly [RegExp, string, string?])[] = [
  [/^npm start$/, 'it starts the shop, as the one that the others are run on', 'dev/test/shop-profile.test.ts'],
  [/^npm start -- --profile plain$/, 'it starts another shop', 'dev/test/dev.test.ts'],
  [/^npm run orderpipeline -- dev -f pipeline.yaml/, 'it runs a file of the user', 'dev/test/dev.test.ts'],
  [/^npm run orderpipeline -- dev -f examples\/shop-extended/, 'it starts another shop', 'dev/test/examples.test.ts'],
  [/^npm run up$/, 'it starts a Kubernetes, with kind or as root', 'tests/e2e/src/bring-up.ts'],
  [/^npm test$/, 'it runs this test'],
  [/^npm run -s build -- --docker/, 'it needs Docker'],
  [/^docker push/, 'it needs a registry', 'cluster/test/charts/readme.test.ts'],
  [/^helm /, 'it is run on a chart with its dependencies', 'cluster/test/charts/readme.test.ts'],
]

/** How an output begins that no command of this file prints, and what compares it. */
const comparedElsewhere: readonly (readonly [RegExp, string])[] = [
  [/^✓ KEDA/, 'cluster/src/cli/next-steps.test.ts'],
  [/^The OrderPipeline "shop" is invalid/, 'cluster/test/charts/readme.test.ts'],
  [/^NAME {3}READY/, 'cluster/test/charts/readme.test.ts'],
]

/** Smaller, so that the test is: what the command does is the same. */
const smaller: readonly (readonly [string, string])[] = [
  ['--burst 5000', '--burst 200'],
  ['--burst 2000', '--burst 100'],
  ['--for 60s', '--for 5s'],
]

let order = ''
/** What a command has to print, by how it looks; each that is run here has one. */
const expectations: readonly (readonly [RegExp, (printed: string, command: string) => void])[] = [
  [
    /\/v1\/orders .* -d /,
    (printed) => {
      const { orderId, status } = JSON.parse(printed) as { orderId: string; status: string }
      expect(status).toBe('PLACED')
      order = orderId
    },
  ],
  [/\/v1\/orders(\/<orderId of the answer>)? -H [^{]*$/, (printed) => expect(printed).toContain(order)],
  [/\/health$/, (printed) => expect(printed).toContain('"status":"up"')],
  [
    /\/behaviour/,
    (printed, command) => {
      const { latencyMs } = JSON.parse(printed) as { latencyMs: number }
      expect(latencyMs).toBe(Number(/"latencyMs": ?(\d+)/.exec(command)?.[1]))
    },
  ],
  [/^npm run load /, (printed) => expect(printed).toMatch(/accepted +[1-9][^]*lost +0\ndoubled +0\n/)],
  [/orderpipeline -- validate /, (printed) => expect(printed).toMatch(/valid/)],
  [/orderpipeline -- (capacity|simulate|explain) /, (printed) => expect(printed).toMatch(/payment/)],
  [/^npm run (watch|orderpipeline -- top)$/, (printed) => expect(printed).toMatch(/payment/)],
]
/** They go on until Ctrl-C. */
const endless = /^npm run (watch|orderpipeline -- top)$/
/** The same at each call: their output is compared with its figures. */
const exact = /orderpipeline -- (capacity|simulate) /

let space: Workspace
let running: RunningDev

beforeAll(async () => {
  const shop = await readFile(join(root, 'examples/shop.yaml'), 'utf8')
  space = await workspace(
    shop.replaceAll(/minReplicas: \d+/g, 'minReplicas: 1').replaceAll(/maxReplicas: \d+/g, 'maxReplicas: 2'),
  )
  running = new RunningDev(space, ['--profile', 'shop'])
  await running.says(/Ready: \d+\/\d+ replicas/)
}, 400_000)
afterAll(async () => {
  running.kill()
  await running.ended()
  await space.remove()
})

function reasonNotToRun(command: string) {
  return notRunHere.find(([begins]) => begins.test(command))
}

/**
 * What a shell prints, with no variables but those of a login; of a command that goes on until
 * Ctrl-C, until `until` is so.
 */
async function printedBy(command: string, until: (printed: string) => boolean): Promise<string> {
  const here = [...smaller, ['http://127.0.0.1:30080', running.gateway], ['<orderId of the answer>', order]] as const
  const script = here.reduce((text, [as, now]) => text.replaceAll(as, now), command)
  const own = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'].map((name) => [name, space.env[name]] as const)
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries<string | undefined>(own), COLUMNS: '100' } // as the page
  const child = spawn('bash', ['-c', `set -o pipefail; ${script}`], {
    ...{ cwd: root, env, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const signalGroup = (signal: NodeJS.Signals): void => void process.kill(-(child.pid ?? 0), signal)
  let [printed, errors, interrupted] = ['', '', false]
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (interrupted || !endless.test(command) || !until(printed)) return
    interrupted = true
    signalGroup('SIGINT')
  })
  const late = setTimeout(() => signalGroup('SIGKILL'), 90_000)
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(late)
  if (code !== 0 && !interrupted) throw new Error(`${script}\nended with ${String(code)}:\n${printed}\n${errors}`)
  return printed
}

/** A load on a busy machine ends before each order has been looked up, and says so. */
const notAllLookedUp = /, [\d,]+ of them looked up$/gm

/** Whether one follows the other line by line in some place, apart from their figures. */
function hasForm(printed: string, output: string): boolean {
  const lines = (text: string): string =>
    `\n${text.replaceAll(notAllLookedUp, '').trim().split('\n').map(formOf).join('\n')}\n`
  return lines(printed).includes(lines(output))
}

const helps = new Map<string, Promise<string>>()
function helpOf(command: string): Promise<string> {
  const help = helps.get(command) ?? running.command(command, '--help')
  helps.set(command, help)
  return help
}

function withoutLineEnds(text: string): string {
  return text.trimEnd().replaceAll(/ +$/gm, '')
}

/** The first moment of a live view that the page shows at several. */
function firstFrame(output: string, command: string): string {
  return endless.test(command) ? (output.split('\n\n')[0] ?? '') : output
}

async function check(command: string, output: string | undefined): Promise<void> {
  const [, expectation] = expectations.find(([looks]) => looks.test(command)) ?? []
  if (!expectation) throw new Error(`${command} is neither expected to print something nor named in notRunHere`)
  const frame = output === undefined ? undefined : firstFrame(output, command)
  const shows = (printed: string): boolean =>
    frame === undefined ? printed.includes('notification') : hasForm(printed, frame)
  const printed = await printedBy(command, shows)
  expectation(printed, command)
  if (frame === undefined) return
  if (exact.test(command)) expect(withoutLineEnds(printed)).toContain(withoutLineEnds(frame))
  else expect(hasForm(printed, frame), `${printed}\nhas not the form of\n${frame}`).toBe(true)
}

describe.each(pages)('$path', ({ commands, outputs, inline }) => {
  const here = commands.filter((command) => !reasonNotToRun(command))

  it.each(here)('prints what it says: %s', async (command) => {
    await check(command, outputs.find((output) => output.of === command)?.text)
  })

  it('compares every output that it shows', () => {
    const uncompared = outputs.filter(
      ({ text, of = '' }) =>
        !here.includes(of) &&
        !of.startsWith('npm run bench') &&
        !comparedElsewhere.some(([begins]) => begins.test(text)),
    )
    expect(uncompared).toEqual([])
  })

  it('names no command and no option that there is not', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    const benchmarks = await printedBy('npm run -s bench -- --help', () => false)
    for (const code of [...inline, ...commands]) {
      const [, script] = /^npm run (?:-s )?([\w:-]+)/.exec(code) ?? []
      if (script !== undefined) expect(Object.keys(scripts), code).toContain(script)
      const [, benchmark] = /^npm run bench -- ([\w-]+)/.exec(code) ?? []
      if (benchmark !== undefined) expect(benchmarks, code).toContain(`  ${benchmark} `)
      const [, name, options = ''] =
        /^(?:npm run (?:-s )?orderpipeline --|orderpipeline) ([a-z]+)(.*)$/.exec(code) ?? []
      if (name === undefined) continue
      const help = await helpOf(name)
      for (const [option] of options.matchAll(/--[a-z][\w-]*/g)) expect(help, code).toContain(option)
    }
  })
})

describe('what npm start prints', () => {
  it('are commands that work as they are printed', async () => {
    const commands = running.output.split('\n').filter((line) => /^ {2}(curl|npm) /.test(line))
    expect(commands.length).toBeGreaterThan(6)
    for (const command of commands) await check(command.trim(), undefined)
  })
})

it('names only tests that there are, and only commands that the pages have', () => {
  const files = [...notRunHere.map(([, , file]) => file), ...comparedElsewhere.map(([, file]) => file)]
  for (const file of files) if (file !== undefined) expect(existsSync(join(root, file)), file).toBe(true)
  const commands = pages.flatMap((page) => page.commands)
  for (const [begins] of notRunHere)
    expect(
      commands.some((command) => begins.test(command)),
      String(begins),
    ).toBe(true)
  const outputs = pages.flatMap((page) => page.outputs)
  for (const [begins] of comparedElsewhere)
    expect(
      outputs.some(({ text }) => begins.test(text)),
      String(begins),
    ).toBe(true)
})
