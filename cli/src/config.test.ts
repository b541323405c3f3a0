import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { environmentOf } from './config.ts'

const output = { write: () => true }
const of = (env: NodeJS.ProcessEnv) => environmentOf(env, output, output)
const own = join(homedir(), '.kube', 'config')

it('goes where kubectl goes when it is called by itself, and to the local cluster last', () => {
  expect(of({ KUBECONFIG: '/a:/b' }).kubeconfig).toBe('/a:/b')
  const { kubeconfig, kubeconfigCandidates } = of({})
  expect(kubeconfig).toBeUndefined()
  expect(kubeconfigCandidates[0]).toBe(own)
  expect(kubeconfigCandidates).toHaveLength(2)
})

it('goes to the local cluster alone as a command of the project, whatever KUBECONFIG says', () => {
  const { kubeconfig, kubeconfigCandidates } = of({ KUBECONFIG: '/production', ORDERPIPELINE_CLUSTER: 'local' })
  expect(kubeconfig).toBeUndefined()
  expect(kubeconfigCandidates).toEqual([of({}).kubeconfigCandidates[1]])
})

it('writes as wide as COLUMNS says where the output is no terminal', () => {
  expect(of({ COLUMNS: '60' }).stdout.columns).toBe(60)
  expect(of({ COLUMNS: 'wide' }).stdout.columns).toBeUndefined()
  const terminal = { ...output, columns: 90, isTTY: true }
  expect(environmentOf({ COLUMNS: '60' }, terminal, output).stdout.columns).toBe(90)
})
