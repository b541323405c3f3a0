import { expect, it, onTestFinished } from 'vitest'
import { dev } from './dev.ts'

it('says in one sentence where it runs, and how to run it on Windows', async () => {
  const { platform } = process
  Object.defineProperty(process, 'platform', { value: 'win32' })
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }))
  const streams = { stdout: process.stdout, stderr: process.stderr, colour: false }
  const environment = { ...streams, kubeconfig: undefined, kubeconfigCandidates: [] }
  const options = { file: ['shop.yaml'], maxProcesses: '120', profile: 'plain', open: true }
  await expect(dev(options, { environment, signal: new AbortController().signal })).rejects.toMatchObject({
    message: 'orderpipeline dev runs on Linux and macOS.',
    advice: expect.stringContaining('WSL 2') as string,
  })
})
