import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { statePaths } from '../../paths.ts'
import { databaseReady, hasFormerDatabase } from './backing.ts'
import { clusterName, configFile } from './cluster.ts'
import { kindProvider } from './index.ts'

const root = join(import.meta.dirname, '../../../..')
function yaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8'))
}

describe('kind', () => {
  it('exposes the gateway on this machine’s loopback only, at the port of the shop', () => {
    const config = yaml(configFile) as { name: string; nodes: { extraPortMappings: unknown[] }[] }
    const shop = yaml(join(root, 'examples', 'shop.yaml')) as { spec: { gateway: { service: { nodePort: number } } } }
    const { nodePort } = shop.spec.gateway.service
    expect(config.name).toBe(clusterName)
    expect(config.nodes[0]?.extraPortMappings).toEqual([
      { containerPort: nodePort, hostPort: nodePort, listenAddress: '127.0.0.1', protocol: 'TCP' },
    ])
  })

  it('waits for the PostgreSQL of the chart, or for that of a cluster of an older version', async () => {
    const calls: string[] = []
    const kubectl = (has: boolean) => (args: readonly string[]) => {
      calls.push(args.join(' '))
      return args[0] !== 'get' || has ? Promise.resolve('') : Promise.reject(new Error('not found'))
    }
    for (const former of [false, true]) await databaseReady(kubectl(former), await hasFormerDatabase(kubectl(former)))
    const waits = calls.filter((call) => call.startsWith('rollout status'))
    expect(waits.map((call) => call.split(' ')[2])).toEqual(['statefulset/shop-postgres', 'statefulset/postgres'])
    const values = yaml(join(root, 'charts', 'order-platform', 'values.yaml')) as { postgresql: { name: string } }
    expect(waits[0]).toContain(`statefulset/${values.postgresql.name} `)
  })

  it('plans steps whose predecessors are listed before them', () => {
    const provider = kindProvider(statePaths('a-test', { HOME: '/nowhere' }))
    for (const plan of [provider.up(), provider.down({ purge: false })]) {
      const earlierNames = new Set<string>()
      for (const { name, after } of plan) {
        expect([...after].filter((earlier) => !earlierNames.has(earlier))).toEqual([])
        expect(earlierNames).not.toContain(name)
        earlierNames.add(name)
      }
    }
  })
})
