// Is the platform upgraded, rolled back, uninstalled and installed again without losing an order?
// The release that `npm run up` has installed is the version before. The next version is made of
// the same charts with a higher version and another text in the definition, and its images are the
// same under another tag, so that every pod is replaced as by any new version.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operatorDeployment, platformRelease } from '@orderpipeline/cluster/release'
import { flawless } from '@orderpipeline/test-support/ledger'
import { attach, connect } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { helm, nextDescription, nextTag, nextVersion } from '../src/release.ts'
import type { NextVersion } from '../src/release.ts'
import { waitFor } from '../src/wait.ts'

describe('the release of the whole platform', () => {
  let platform: Platform
  let next: NextVersion
  let tag: string
  const accepted: string[] = []

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
    tag = (await imagesOf('app.kubernetes.io/name=orderpipeline-operator'))[0]?.split(':').at(-1) ?? ''
    next = await nextVersion({ operator: tag, services: await servicesTag() })
  })
  afterAll(async () => {
    await next.remove()
    await platform.close()
  })

  it('upgrades and rolls back under load with every pod replaced twice', async () => {
    const before = await servicesTag()
    const [{ revision = '' } = {}] = JSON.parse(
      await helm('history', platformRelease.name, '--max', '1', '-o', 'json'),
    ) as {
      revision?: string
    }[]
    const traffic = platform.steadyTraffic({ perMinute: 1200, seconds: 100 })
    const sets = next.images.flatMap((image) => ['--set', image])
    await helm('upgrade', platformRelease.name, next.chart, '--reset-then-reuse-values', '--force-conflicts', ...sets)
    await everyPodRuns(nextTag)
    const { stdout } = await platform.cluster.kubectl(['explain', 'orderpipeline'])
    expect(stdout).toContain(nextDescription)

    await helm('rollback', platformRelease.name, String(revision), '--force-conflicts')
    await everyPodRuns(before)
    accepted.push(...(await traffic).acceptedIds)
    expect(accepted.length).toBeGreaterThan(1500)
    await platform.finished(120)
    await platform.settled('shop')
    const audit = await platform.settledAudit(accepted)
    expect(audit).toEqual(flawless(audit))
  })

  it('uninstalls completely and keeps topics, orders and Secrets', async () => {
    const topics = await platform.cluster.namesOf('kafkatopic', 'shop')
    expect(topics.length).toBeGreaterThanOrEqual(8)
    await helm('uninstall', platformRelease.name, '--wait', '--timeout', '2m')
    await waitFor(
      'nothing left of the release and its pipeline',
      async () => {
        const remaining = await objectsLeft()
        return remaining.length === 0
          ? { done: true, value: remaining }
          : { done: false, seen: remaining.slice(0, 5).join(', ') }
      },
      { seconds: 90 },
    )
    expect(await platform.cluster.namesOf('kafkatopic', 'shop')).toEqual(topics)
    const { stdout } = await platform.cluster.kubectl([
      'get',
      'secret',
      'shop-postgres',
      'shop-postgres-admin',
      '-o',
      'name',
    ])
    expect(stdout.trim().split('\n')).toHaveLength(2)
  })

  it('installs again by `npm run up` with its earlier orders, and accepts new ones', async () => {
    const before = platform
    platform = await connect()
    await before.close()
    await platform.settled('shop')
    const { acceptedIds } = await platform.burst(50)
    await platform.finished(120)
    const audit = await platform.settledAudit([...accepted, ...acceptedIds])
    expect(audit).toEqual(flawless(audit))
    const { stdout } = await platform.cluster.kubectl(['explain', 'orderpipeline'])
    expect(stdout).not.toContain(nextDescription)
  })

  const imagesByPod = async (selector: string): Promise<[string, string][]> => {
    const { stdout } = await platform.cluster.kubectl(['get', 'pods', '-l', selector, '-o', 'json'])
    const { items } = JSON.parse(stdout) as {
      items: { metadata: { name: string }; spec: { containers: { image: string }[] } }[]
    }
    return items.flatMap(({ metadata, spec }) =>
      spec.containers.map(({ image }): [string, string] => [metadata.name, image]),
    )
  }
  const imagesOf = async (selector: string) => (await imagesByPod(selector)).map(([, image]) => image)
  const servicesTag = async (): Promise<string> =>
    (await imagesOf('orderpipeline.dev/pipeline=shop,orderpipeline.dev/stage=orders'))[0]?.split(':').at(-1) ?? ''

  /**
   * Pods of the operator and of every built-in part of the pipeline; and no rollout is under way
   * any more.
   */
  const everyPodRuns = async (expectedTag: string): Promise<void> => {
    const version = expectedTag === nextTag ? nextTag : tag
    await platform.cluster.kubectl(['rollout', 'status', `deployment/${operatorDeployment}`, '--timeout=90s'])
    await waitFor(
      `every pod at ${expectedTag}`,
      async () => {
        const selectors = ['name=orderpipeline-operator', 'name=payment-provider'].map(
          (name) => `app.kubernetes.io/${name}`,
        )
        const pods = await Promise.all([...selectors, 'orderpipeline.dev/pipeline=shop'].map(imagesByPod))
        const productImages = pods.flat().filter(([, image]) => /^orderpipeline\/(operator|services):/.test(image))
        const [operator, ...rest] = [`orderpipeline/operator:${version}`, `orderpipeline/services:${expectedTag}`]
        const others = productImages.filter(([, image]) => image !== operator && !rest.includes(image))
        return productImages.length > 25 && others.length === 0
          ? { done: true, value: undefined }
          : {
              done: false,
              seen: `${others.length} of ${productImages.length} at another one: ${others.map(([name]) => name).join(' ')}`,
            }
      },
      { seconds: 300 },
    )
    // Under load a stage may have more replicas than its minimum: what waited during the rollout
    // scaled it out, and it is scaled in two minutes later.
    await platform.ready('shop', 240)
  }

  /**
   * Objects in the namespace of the release that Helm or the operator has made, or that wait for
   * their deletion.
   */
  const objectsLeft = async (): Promise<string[]> => {
    const kinds =
      'orderpipeline,deployment,replicaset,pod,job,service,serviceaccount,networkpolicy,poddisruptionbudget,scaledobject,triggerauthentication,hpa,role,rolebinding,configmap'
    const { stdout } = await platform.cluster.kubectl(['get', kinds, '-o', 'json'])
    const { items } = JSON.parse(stdout) as {
      items: { kind: string; metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string } }[]
    }
    return items
      .filter(
        ({ metadata }) =>
          metadata.labels?.['app.kubernetes.io/part-of'] === 'orderpipeline' ||
          metadata.labels?.['orderpipeline.dev/pipeline'] ||
          metadata.deletionTimestamp,
      )
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  }
})
