import { expect, test } from 'vitest'
import { probedPort } from './probe.ts'

const containerPorts = [
  { name: 'http', containerPort: 8080 },
  { name: 'metrics', containerPort: 9090 },
  { containerPort: 7 },
]
const portsByName = { http: 40_001, metrics: 40_002 }

test('a probe goes to the port that it names, by name or by number', () => {
  const ports = { containerPorts, portsByName }
  expect(['http', 'metrics', 8080, 9090].map((port) => probedPort(port, ports))).toEqual([
    ...[40_001, 40_002, 40_001, 40_002],
  ])
  expect(['other', 7, 1].map((port) => probedPort(port, ports))).toEqual([0, 0, 0])
})

test('a probe without a port goes to the metrics, or else to HTTP', () => {
  expect(probedPort(undefined, { containerPorts, portsByName })).toBe(40_002)
  expect(probedPort(undefined, { containerPorts, portsByName: { http: 40_001 } })).toBe(40_001)
})
