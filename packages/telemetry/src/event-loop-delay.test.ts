import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { monitorDelayWhileRead } from './event-loop-delay.ts'

async function read(registry: Registry, figure: string): Promise<number> {
  const metric = (await registry.getMetricsAsJSON()).find(
    ({ name }) => name === `nodejs_eventloop_lag_${figure}_seconds`,
  )
  return (metric as unknown as { values: { value: number }[] }).values[0]?.value ?? NaN
}

it('reports the delay of the event loop from the first read on', async () => {
  const registry = new Registry()
  monitorDelayWhileRead(registry)
  expect(await read(registry, 'max')).toBeNaN()
  await sleep(150)
  for (const end = performance.now() + 300; performance.now() < end;);
  await sleep(150)
  expect(await read(registry, 'max')).toBeGreaterThan(0.25)
})

it('is not monitored any more after a while without a read', async () => {
  const registry = new Registry()
  monitorDelayWhileRead(registry, 1_000)
  await read(registry, 'p99')
  await expect.poll(() => read(registry, 'p99'), { interval: 300, timeout: 20_000 }).toBeGreaterThan(0)
  await sleep(2_500)
  expect(await read(registry, 'p99')).toBeNaN()
})
