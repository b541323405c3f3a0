import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { statePaths } from '../../paths.ts'
import { secrets } from './backing.ts'
import { clusterName, configFile } from './cluster.ts'
import { kindProvider } from './index.ts'

const root = join(import.meta.dirname, '../../../..')
const yaml = (path: string): unknown => parse(readFileSync(path, 'utf8'))

describe('kind', () => {
  it('answers for the gateway on this machine’s loopback only, at the port that the shop asks for', () => {
    const config = yaml(configFile) as { name: string; nodes: { extraPortMappings: unknown[] }[] }
    const shop = yaml(join(root, 'examples', 'shop.yaml')) as { spec: { gateway: { service: { nodePort: number } } } }
    const { nodePort } = shop.spec.gateway.service
    expect(config.name).toBe(clusterName)
    expect(config.nodes[0]?.extraPortMappings).toEqual([
      { containerPort: nodePort, hostPort: nodePort, listenAddress: '127.0.0.1', protocol: 'TCP' },
    ])
  })

  it('gives the database the password that the administrator’s URL carries', () => {
    const [services, admin, superuser] = secrets('super', 'mine') as [object, object, object]
    expect(JSON.stringify(superuser)).toContain('"password":"super"')
    expect(JSON.stringify(admin)).toContain('postgres:super@postgres:5432/shop')
    expect(JSON.stringify(services)).toContain('shop:mine@postgres:5432/shop')
  })

  it('plans steps that come after steps listed before them', () => {
    const provider = kindProvider(statePaths('a-test', { HOME: '/nowhere' }))
    for (const plan of [provider.up(), provider.down({ purge: false })]) {
      const seen = new Set<string>()
      for (const { name, after } of plan) {
        expect([...after].filter((earlier) => !seen.has(earlier))).toEqual([])
        expect(seen).not.toContain(name)
        seen.add(name)
      }
    }
  })
})
