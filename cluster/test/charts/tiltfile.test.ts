// Does the Tiltfile do what its comments describe? Evaluated by the interpreter that Tilt uses,
// with built-in functions that record how they are called; the charts it names are rendered by
// Helm.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import { imageDefinitions } from '@orderpipeline/images'
import { clusterName } from '../../src/providers/kind/cluster.ts'
import { helm, objectsOf, podsOf, repository } from './helm.ts'
import type { KubeObject } from './helm.ts'

interface Call {
  readonly name: string
  readonly args: Record<string, unknown>
}

async function evaluated(context: string): Promise<Call[]> {
  const { stdout } = await run(await ensureTool('tiltfile'), ['Tiltfile', context], {
    cwd: repository,
    timeoutMs: 60_000,
  })
  return JSON.parse(stdout) as Call[]
}

let calls: Call[]
beforeAll(async () => {
  calls = await evaluated(`kind-${clusterName}`)
}, 300_000)
function argsOf(name: string) {
  return calls.filter((call) => call.name === name).map(({ args }) => args)
}

test('the Tiltfile stops in any other context, local or not, and says which one to export', async () => {
  await expect(evaluated('kind-another')).rejects.toThrow(
    /current context is kind-another, not kind-orderpipeline: export KUBECONFIG/,
  )
})

test('the Tiltfile configures exactly the workloads that the charts create with its values', async () => {
  const objects = await renderedByTilt()
  const workloads = objects.filter(({ kind }) => ['Deployment', 'Job', 'OrderPipeline'].includes(kind))
  // Tilt applies hooks like any other object, but the one before an upgrade: helm renders that for
  // an upgrade only.
  const names = workloads
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== 'pre-upgrade')
    .map(({ metadata }) => metadata.name)
  expect(
    argsOf('k8s_resource')
      .map(({ workload }) => workload)
      .sort(),
  ).toEqual(names.sort())
})

test('the Tiltfile builds images with the names in the rendered pods', async () => {
  const imageNames = argsOf('docker_build').map(({ ref }) => String(ref))
  const text = podsOf(await renderedByTilt())
    .map(({ spec }) => JSON.stringify(spec))
    .join()
  for (const name of imageNames) expect(text).toContain(`"${name}:`)
  const used = [...text.matchAll(/"image":"([^":]+):/g)].map(([, name]) => name)
  expect(imageNames).toEqual(expect.arrayContaining(used))
})

test('the Tiltfile builds targets of the Dockerfile and watches existing files', () => {
  for (const { target } of argsOf('docker_build')) expect(imageDefinitions.map(({ name }) => name)).toContain(target)
  const watched = argsOf('local_resource').flatMap(({ deps }) => (deps ?? []) as string[])
  const files = [
    ...watched,
    ...argsOf('watch_file').map(({ file_path: path }) => String(path)),
    ...argsOf('docker_build').map(({ dockerfile }) => String(dockerfile)),
  ]
  expect(files.length).toBeGreaterThan(4)
  for (const file of files) expect(existsSync(join(repository, file)), file).toBe(true)
})

test('every resource of the Tiltfile depends on resources of its own', () => {
  const names = [
    ...argsOf('local_resource').map(({ name }) => name),
    ...argsOf('k8s_resource').map(({ workload, new_name: renamed }) => renamed ?? workload),
  ]
  const dependencies = [...argsOf('local_resource'), ...argsOf('k8s_resource')].flatMap(
    (args) => (args['resource_deps'] ?? []) as string[],
  )
  expect(names).toEqual(expect.arrayContaining(dependencies))
})

async function renderedByTilt(): Promise<KubeObject[]> {
  const texts = await Promise.all(
    argsOf('helm').map(({ pathToChartDir: path, name, namespace, set, values }) => {
      const sets = ((set ?? []) as string[]).flatMap((each) => ['--set', each])
      const files = ([values ?? []].flat() as string[]).flatMap((each) => ['--values', join(repository, each)])
      return helm(
        'template',
        String(name),
        join(repository, String(path)),
        '--namespace',
        String(namespace),
        ...sets,
        ...files,
      )
    }),
  )
  return texts.flatMap(objectsOf)
}
