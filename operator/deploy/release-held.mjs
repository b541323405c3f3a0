// Which objects of the pipelines stay in Terminating when KEDA or a Kafka cluster was uninstalled
// first? Those with its finalizer, which no controller removes any more. The running operator
// removes it; this program does so, by the same rule, when one of our charts is uninstalled after
// the operator. It changes only objects of pipelines that are being deleted: KEDA's after they have
// waited for a while, a topic's once its Kafka does not exist.
import { get, itemsOf, removeFinalizer, runUntilQuiet } from './api-server.mjs'

// HELD_NAMESPACE: of the pipelines; empty means all. HELD_PIPELINE: one of them; empty means all.
const { HELD_NAMESPACE, HELD_PIPELINE, HELD_SECONDS = '10', QUIET_SECONDS = '5' } = process.env
const pipelines = HELD_PIPELINE ? `orderpipeline.dev/pipeline=${HELD_PIPELINE}` : 'orderpipeline.dev/pipeline'
const selector = encodeURIComponent(`app.kubernetes.io/managed-by=orderpipeline,${pipelines}`)
const keda = { group: '/apis/keda.sh/v1alpha1', finalizer: 'finalizer.keda.sh' }
const kinds = [
  { ...keda, plural: 'scaledobjects' },
  { ...keda, plural: 'triggerauthentications' },
  { group: '/apis/kafka.strimzi.io/v1', finalizer: 'strimzi.io/topic-operator', plural: 'kafkatopics' },
]

async function terminatingObjects() {
  const objects = []
  for (const { group, plural, finalizer } of kinds) {
    const where = HELD_NAMESPACE ? `${group}/namespaces/${HELD_NAMESPACE}/${plural}` : `${group}/${plural}`
    for (const { metadata } of await itemsOf(`${where}?labelSelector=${selector}`))
      if (metadata.deletionTimestamp && metadata.finalizers?.includes(finalizer))
        objects.push({
          metadata,
          finalizer,
          path: `${group}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`,
        })
  }
  return objects
}

async function isAbandoned({ metadata, finalizer }) {
  if (finalizer === keda.finalizer) return true
  const cluster = metadata.labels['strimzi.io/cluster']
  return !cluster || !(await get(`/apis/kafka.strimzi.io/v1/namespaces/${metadata.namespace}/kafkas/${cluster}`))
}

async function release({ metadata, finalizer, path }) {
  await removeFinalizer(path, metadata, finalizer)
  process.stdout.write(`${metadata.namespace}/${metadata.name}: removed the finalizer ${finalizer}\n`)
}

const seenAt = new Map()

async function releaseHeld() {
  const waiting = await terminatingObjects()
  for (const object of waiting) {
    const since = seenAt.get(object.metadata.uid) ?? Date.now()
    seenAt.set(object.metadata.uid, since)
    if (Date.now() - since >= Number(HELD_SECONDS) * 1000 && (await isAbandoned(object))) await release(object)
  }
  return waiting.length > 0
}

await runUntilQuiet({ quietSeconds: Number(QUIET_SECONDS), deadlineSeconds: 60 }, [releaseHeld])
