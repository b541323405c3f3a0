#!/usr/bin/env node
// What does it take to run any of this project's commands on a fresh clone? Node 18 or newer, and
// nothing else: this file installs the dependencies when they are missing or the lock file has
// changed (the pinned Node among them) and hands over to that Node. It is plain JavaScript without
// dependencies because it runs before any of them exist.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules', '.bin')
const node = join(root, 'node_modules', 'node', 'bin', 'node')

/**
 * Command name → program and leading arguments, run with the pinned Node and from the root of the
 * project.
 */
const commands = {
  start: [[node, 'cli/src/main.ts', 'dev']],
  up: [[node, 'cluster/src/main.ts', 'up']],
  down: [[node, 'cluster/src/main.ts', 'down']],
  status: [[node, 'cluster/src/main.ts', 'status']],
  kubectl: [[node, 'cluster/src/main.ts', 'kubectl']],
  helm: [[node, 'cluster/src/main.ts', 'helm']],
  watch: [[node, 'cli/src/main.ts', 'top']],
  load: [[node, 'traffic/src/main.ts']],
  orderpipeline: [[node, 'cli/src/main.ts']],
  prometheus: [[node, 'monitoring/src/main.ts']],
  bench: [[node, 'bench/src/main.ts']],
  'bench:operator': [[node, 'bench/src/main.ts', 'operator']],
  'bench:sync-async': [[node, 'bench/src/main.ts', 'sync-async']],
  build: [[node, 'images/src/main.ts']],
  'build:examples': [[node, 'examples/build.ts']],
  'build:cli': [[node, 'cli/src/build.ts']],
  'docs:cli': [[node, 'cli/src/manual/update.ts']],
  generate: [
    [node, 'examples/write-shop-variants.ts'],
    [node, 'crds/src/write-built-in-stages.ts'],
    [node, 'crds/src/write-spec-types.ts'],
    [node, 'crds/src/write-reference.ts'],
    [node, 'crds/src/write-values-schema.ts'],
    [node, 'docs/src/write-chart-readmes.ts'],
    [node, 'docs/src/write-names.ts'],
    [node, 'docs/src/write-topics.ts'],
    [node, 'cli/src/manual/update.ts'],
    [node, 'cli/src/manual/write-capacity-pages.ts'],
    [node, 'operator/test/golden/update.ts'],
    [node, 'monitoring/src/write.ts'],
  ],
  screenshots: [[node, 'console/src/testing/screenshots.ts']],
  // Only a release needs it, so npx fetches it when it runs, at this version.
  changelog: [['npx', '--yes', 'git-cliff@2.14.2', '--config', 'cliff.toml', '--unreleased']],
  'accept:events': [[node, 'packages/order-events/src/compatibility/accept.ts']],
  lint: [
    [join(bin, 'eslint'), '--max-warnings', '0', '.'],
    [join(bin, 'prettier'), '--check', '--log-level', 'warn', '.'],
    [node, 'setup/lint/markdown-width.ts'],
    [node, 'setup/lint/commit-subjects.ts'],
    [node, 'setup/lint/imports.ts'],
    [node, 'setup/lint/words.ts'],
  ],
  format: [
    [join(bin, 'prettier'), '--write', '--log-level', 'warn', '.'],
    [node, 'setup/lint/markdown-width.ts', '--fix'],
    [node, 'setup/lint/words.ts', '--fix'],
  ],
  typecheck: [
    [join(bin, 'tsc'), '--noEmit', '-p', 'tsconfig.json'],
    [join(bin, 'tsc'), '--noEmit', '-p', 'console/src/page'],
  ],
  test: [[join(bin, 'vitest'), 'run', '--project', 'unit', '--project', 'integration']],
  'test:unit': [[join(bin, 'vitest'), 'run', '--project', 'unit']],
  'test:crashes': [[join(bin, 'vitest'), 'run', '--project', 'crashes']],
  'test:storm': [[node, 'tests/storm/src/main.ts']],
  'test:keda': [[join(bin, 'vitest'), 'run', '--project', 'keda']],
  'test:e2e': [[join(bin, 'vitest'), 'run', '--project', 'e2e']],
  'test:slowest': [[node, 'cluster/src/testing/print-slowest.ts']],
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** Commands whose steps do not need each other: they run at once and print at their end. */
const sideBySide = ['lint', 'typecheck']

const [name, ...rest] = process.argv.slice(2)
const steps = commands[name]
if (!steps) {
  console.error(`Unknown command ${JSON.stringify(name ?? '')}. Allowed: ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
if (Number(process.versions.node.split('.')[0]) < 18) {
  console.error(
    `Node ${process.versions.node} found; Node 18 or newer is needed to start (it then installs the pinned Node).`,
  )
  process.exit(2)
}

await installDependencies()
const complete = steps.map((step, index) => (index === steps.length - 1 ? [...step, ...rest] : step))
if (sideBySide.includes(name)) {
  const codes = await Promise.all(complete.map(([program, ...args]) => run(program, args, true)))
  process.exit(codes.find((code) => code !== 0) ?? 0)
}
for (const [program, ...args] of complete) {
  const code = await run(program, args)
  if (code !== 0) process.exit(code)
}

/**
 * Runs `npm ci` unless node_modules was installed from this very lock file. Of commands that begin
 * at once, one installs.
 */
async function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const marker = join(root, 'node_modules', '.orderpipeline-lock')
  const installed = () => existsSync(marker) && readFileSync(marker, 'utf8') === lock && existsSync(node)
  if (installed()) return
  const onWait = (pid) => console.error(`Dependencies are being installed by process ${pid}, waiting for it …`)
  await withLock(join(root, '.installing'), { onWait }, () => {
    if (installed()) return
    install()
    writeFileSync(marker, lock)
  })
}

function install() {
  const started = Date.now()
  console.error('Installing dependencies with npm ci (about 40 s the first time) …')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (npm.error || npm.status !== 0) {
    const cause = npm.error ? `: ${npm.error.message}` : ` with exit code ${npm.status}`
    fail(`npm ci failed${cause}. Check that the npm registry is reachable (npm ping), then run the same command again.`)
  }
  if (!existsSync(node)) {
    fail(
      'npm ci did not install the pinned Node: install scripts seem to be disabled (npm config get ignore-scripts). Allow them and run the command again.',
    )
  }
  console.error(`Dependencies installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

function fail(message) {
  console.error(message)
  process.exit(1) // the next process takes the lock over
}

/** `later`: prints its output when it has ended. Resolves with the exit code. */
function run(program, args, later = false) {
  // These speak to what runs on this machine, whatever KUBECONFIG says.
  const local = ['watch', 'orderpipeline', 'kubectl'].includes(name) ? { ORDERPIPELINE_CLUSTER: 'local' } : {}
  // What Node has compiled of the sources: a command starts in two thirds of the time. npm ci
  // clears it away.
  const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled') }
  const colours = later && process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}
  const path = [dirname(node), bin, process.env.PATH].join(delimiter)
  const env = { ...compiled, ...local, ...colours, ...process.env, PATH: path }
  const child = spawn(program, args, { cwd: root, stdio: later ? ['ignore', 'pipe', 'pipe'] : 'inherit', env })
  const output = []
  child.stdout?.on('data', (chunk) => output.push([process.stdout, chunk]))
  child.stderr?.on('data', (chunk) => output.push([process.stderr, chunk]))
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`Cannot start ${program}: ${error.message}`)
      resolve(1)
    })
    child.on('close', (code, signal) => {
      for (const forwarded of signals) process.off(forwarded, forward)
      for (const [stream, chunk] of output) stream.write(chunk)
      resolve(signal ? 1 : (code ?? 1))
    })
  })
}
