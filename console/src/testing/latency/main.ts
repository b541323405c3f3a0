// node console/src/testing/latency/main.ts <address> --kubeconfig <file>: how soon is the console's
// page there, and how soon does it show a change? Replicas of a stage are killed and come back, and
// its maximum is edited, while the API server is read directly. One line of JSON; bench/src/console
// starts the shop and makes a table of it.
import { parseArgs } from 'node:util'
import { connect, getPipeline } from '@orderpipeline/client'
import type { KubeClient, List } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { sleep } from '@orderpipeline/retry'
import type { Browser } from 'playwright-core'
import { startBrowser } from '../browser.ts'
import { openTimes } from './first-paint.ts'
import { otherViewers, watchCell } from './page-changes.ts'
import { delays, watch } from './source-changes.ts'

const namespace = 'default'
const stage = 'orders'
const betweenMs = 1_700 // no multiple of the period in which the console reads

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: { type: 'string', default: '' },
    opens: { type: 'string', default: '20' },
    changes: { type: 'string', default: '40' },
    viewers: { type: 'string', default: '50' },
    rest: { type: 'string', default: '15000' },
  },
})
const [address = ''] = positionals
const [opens, changes, viewers] = [values.opens, values.changes, values.viewers].map(Number) as [number, number, number]
const restMs = Number(values.rest)

/** Something that changes a figure, and how it is seen at its source and on the page. */
interface Cause {
  readonly selector: string
  readonly source: () => Promise<string>
  readonly act: (round: number) => Promise<void>
}

const pipelinePath = `/apis/orderpipeline.dev/v1alpha1/namespaces/${namespace}/orderpipelines/shop`

/** Kills a replica: it is missing until it has been started again. */
function killing(kube: KubeClient): Cause {
  const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/shop-${stage}`
  const pods = `/api/v1/namespaces/${namespace}/pods`
  return {
    selector: '.counts',
    source: async () => {
      const live = await kube.get<{ spec: { replicas: number }; status?: { readyReplicas?: number } }>(deployment)
      return `${live?.status?.readyReplicas ?? 0}/${live?.spec.replicas ?? 0}`
    },
    act: async (round) => {
      const selector = encodeURIComponent(`orderpipeline.dev/stage=${stage}`)
      const list = await kube.get<List<{ readonly metadata: { readonly name: string } }>>(
        `${pods}?labelSelector=${selector}`,
      )
      const names = (list?.items ?? []).map(({ metadata }) => metadata.name).sort()
      await kube.send('DELETE', `${pods}/${names[round % names.length]}?gracePeriodSeconds=0`, undefined, 10_000)
    },
  }
}

/** Edits the maximum of a stage: the page shows what its autoscaler has. */
function editing(kube: KubeClient): Cause {
  const scaledObject = `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/shop-${stage}`
  return {
    selector: '.bounds',
    source: async () => {
      const live = await kube.get<{ spec: { minReplicaCount: number; maxReplicaCount: number } }>(scaledObject)
      return `${live?.spec.minReplicaCount}–${live?.spec.maxReplicaCount}`
    },
    act: async (round) => {
      const { spec }: OrderPipeline = await getPipeline(kube, namespace, 'shop')
      const stages = spec.stages.map((one) =>
        one.name === stage ? { ...one, scaling: { ...one.scaling, maxReplicas: 90 + (round % 2) } } : one,
      )
      await kube.patch(pipelinePath, { spec: { stages } })
    },
  }
}

async function delaysOf(browser: Browser, { selector, source, act }: Cause): Promise<readonly number[]> {
  const page = await watchCell(browser, address, stage, selector)
  const direct = watch(source)
  for (let round = 0; direct.changes.length <= changes; round += 1) {
    await act(round)
    await sleep(betweenMs)
  }
  await sleep(restMs) // what has begun comes to rest
  await direct.close()
  const measured = delays(direct.changes, await page.changes())
  await page.close()
  return measured
}

const nowhere = { kubeconfigCandidates: [], kubeconfig: values.kubeconfig }
const kube = await connect(nowhere)
const browser = await startBrowser()
try {
  const opened = await openTimes(browser, address, opens)
  const alone = { killed: await delaysOf(browser, killing(kube)), edited: await delaysOf(browser, editing(kube)) }
  const others = await otherViewers(address, viewers)
  const together = { killed: await delaysOf(browser, killing(kube)), edited: await delaysOf(browser, editing(kube)) }
  const openedTogether = await openTimes(browser, address, opens)
  await others.close()
  process.stdout.write(
    `${JSON.stringify({ alone: { opened, ...alone }, together: { opened: openedTogether, ...together } })}\n`,
  )
} finally {
  await browser.close()
}
