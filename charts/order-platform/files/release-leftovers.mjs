// What stays in Terminating when KEDA and Strimzi go with the release? Whatever carries a finalizer of theirs, which nothing takes off any
// more: ScaledObjects, and with them KEDA's definitions; KafkaTopics, and with them the namespace that is deleted next. This takes both
// finalizers off. Nothing in Kafka is deleted for it: topics stay on Kafka's volumes.
import { itemsOf, removeFinalizer, runUntilQuiet } from './api-server.mjs'

const { NAMESPACE, KAFKA, KEDA, QUIET_SECONDS = '15' } = process.env

// What KEDA looked after and is on its way out. The rest stays as it is, should KEDA's definitions have been kept.
async function ofKeda() {
  const held = []
  for (const plural of ['scaledobjects', 'scaledjobs', 'triggerauthentications', 'clustertriggerauthentications'])
    for (const item of await itemsOf(`/apis/keda.sh/v1alpha1/${plural}`)) {
      const { namespace, name, deletionTimestamp, finalizers } = item.metadata
      const where = namespace ? `namespaces/${namespace}/${plural}` : plural
      if (deletionTimestamp && finalizers?.includes('finalizer.keda.sh')) held.push({ item, path: `/apis/keda.sh/v1alpha1/${where}/${name}` })
    }
  return held
}

// Every topic of the Kafka that has gone, once its Topic Operator has: that would put the finalizer back.
async function ofStrimzi() {
  const deployments = await itemsOf(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`)
  if (deployments.some(({ metadata }) => metadata.name === `${KAFKA}-entity-operator`)) return undefined
  const topics = `/apis/kafka.strimzi.io/v1/namespaces/${NAMESPACE}/kafkatopics`
  const all = await itemsOf(`${topics}?labelSelector=${encodeURIComponent(`strimzi.io/cluster=${KAFKA}`)}`)
  const held = all.filter(({ metadata }) => metadata.finalizers?.includes('strimzi.io/topic-operator'))
  return held.map((item) => ({ item, path: `${topics}/${item.metadata.name}` }))
}

// True while there is something to release, or to wait for.
async function release(finalizer, find) {
  const held = await find()
  for (const { item, path } of held ?? []) {
    await removeFinalizer(path, item.metadata, finalizer)
    console.log(`${item.metadata.name} is held by ${finalizer} no longer`)
  }
  return held === undefined || held.length > 0
}

await runUntilQuiet({ quietSeconds: Number(QUIET_SECONDS), deadlineSeconds: 120 }, [
  ...(KEDA === 'true' ? [() => release('finalizer.keda.sh', ofKeda)] : []),
  ...(KAFKA ? [() => release('strimzi.io/topic-operator', ofStrimzi)] : []),
])
