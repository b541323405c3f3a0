import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { program } from '../program.ts'
import { commands } from './index.ts'

const fixtures = join(import.meta.dirname, '..', '..', '..', 'crds', 'fixtures')

async function sloRules(...args: readonly string[]) {
  const output = { stdout: '', stderr: '' }
  const environment = {
    stdout: { write: (text: string) => ((output.stdout += text), true) },
    stderr: { write: (text: string) => ((output.stderr += text), true) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const code = await program(commands, environment, new AbortController().signal).run(['slo-rules', ...args])
  return { code, ...output }
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly { readonly expr: string; readonly annotations?: Record<string, string> }[]
  }[]
}

describe('orderpipeline slo-rules', () => {
  it('prints a rule file with a group for each objective, of the namespace that is given', async () => {
    const { code, stdout } = await sloRules('-f', join(fixtures, 'slo.yaml'), '-n', 'shop', '--runbooks', 'https://r')
    const { groups } = parse(stdout) as RuleFile
    expect(code).toBe(0)
    expect(groups.map(({ name }) => name)).toEqual(
      ['orders-freshness', 'notification-freshness', 'gateway-availability', 'gateway-latency'].map(
        (slo) => `orderpipeline-slo-shop-objectives-${slo}`,
      ),
    )
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.filter(({ expr }) => !/namespace="shop"|^vector\(/.test(expr))).toEqual([])
    expect(rules.at(-1)?.annotations?.['runbook_url']).toMatch(/^https:\/\/r#/)
  })

  it('fails with the messages of the API server where the pipeline is invalid', async () => {
    const { code, stderr } = await sloRules('-f', join(fixtures, 'rejected-slo-of-unknown-stage.yaml'))
    expect(code).toBe(1)
    expect(stderr).toContain('objectives of stages that are not declared in spec.stages: ["paymnet"]')
  })

  it('fails where no pipeline has objectives, since an empty file would replace the rules', async () => {
    const { code, stdout, stderr } = await sloRules('-f', join(fixtures, 'minimal.yaml'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('add objectives first')
  })
})
