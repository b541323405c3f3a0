import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { environmentOf } from './config.ts'

const output = { write: () => true }
function of(env: NodeJS.ProcessEnv) {
  return environmentOf(env, output, output)
}
const own = join(homedir(), '.kube', 'config')

it('uses the kubeconfig of kubectl when it is called directly, and the local cluster as the last choice', () => {
  expect(of({ KUBECONFIG: '/a:/b' }).kubeconfig).toBe('/a:/b')
  const { kubeconfig, kubeconfigCandidates } = of({})
  expect(kubeconfig).toBeUndefined()
  expect(kubeconfigCandidates[0]).toBe(own)
  expect(kubeconfigCandidates).toHaveLength(2)
})

it('uses only the local cluster as an npm command of the project, and ignores KUBECONFIG', () => {
  const { kubeconfig, kubeconfigCandidates } = of({ KUBECONFIG: '/production', ORDERPIPELINE_CLUSTER: 'local' })
  expect(kubeconfig).toBeUndefined()
  expect(kubeconfigCandidates).toEqual([of({}).kubeconfigCandidates[1]])
})

it('writes with the width of COLUMNS if the output is not a terminal', () => {
  expect(of({ COLUMNS: '60' }).stdout.columns).toBe(60)
  expect(of({ COLUMNS: 'wide' }).stdout.columns).toBeUndefined()
  const terminal = { ...output, columns: 90, isTTY: true }
  expect(environmentOf({ COLUMNS: '60' }, terminal, output).stdout.columns).toBe(90)
})

it('knows the Prometheus next to the local cluster by its port, and none before it has one', async () => {
  const state = await mkdtemp(join(tmpdir(), 'orderpipeline-state-'))
  try {
    const { localPrometheus } = of({ XDG_STATE_HOME: state })
    const folder = join(state, 'orderpipeline', 'local')
    expect(localPrometheus?.kubeconfig).toBe(join(folder, 'kubeconfig'))
    expect(await localPrometheus?.url()).toBeUndefined()
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'ports.json'), '{"prometheus":9123}')
    expect(await localPrometheus?.url()).toBe('http://127.0.0.1:9123')
  } finally {
    await rm(state, { recursive: true, force: true })
  }
})
