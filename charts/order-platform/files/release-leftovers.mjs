// What stays in Terminating when KEDA and Strimzi go with the release? Whatever carries a finalizer of theirs, which nothing takes off any
// more: ScaledObjects, and with them KEDA's definitions; KafkaTopics, and with them the namespace that is deleted next. This takes both
// finalizers off. Nothing in Kafka is deleted for it: topics stay on Kafka's volumes.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const account = process.env.SERVICE_ACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount'
const { NAMESPACE, KAFKA, KEDA, QUIET_SECONDS = '15', KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env

async function call(method, path, body) {
  const [token, ca] = await Promise.all([`${account}/token`, `${account}/ca.crt`].map((file) => readFile(file, 'utf8')))
  const headers = { authorization: `Bearer ${token.trim()}`, ...(body && { 'content-type': 'application/json-patch+json' }) }
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method, headers, ca, timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s'))).on('error', reject).end(body && JSON.stringify(body))
  })
}

async function items(path) {
  const { status, text } = await call('GET', path)
  if (status === 404) return [] // the definition is gone, and everything of the kind with it
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`)
  return JSON.parse(text).items
}

async function release(path, { metadata: { name, resourceVersion, finalizers } }, finalizer) {
  const patch = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/finalizers', value: finalizers.filter((each) => each !== finalizer) },
  ]
  const { status, text } = await call('PATCH', path, patch)
  if (status !== 200 && status !== 404) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`)
  console.log(`${name} is held by ${finalizer} no longer`)
}

// What KEDA looked after and is on its way out. The rest stays as it is, should KEDA's definitions have been kept.
async function ofKeda() {
  const held = []
  for (const plural of ['scaledobjects', 'scaledjobs', 'triggerauthentications', 'clustertriggerauthentications'])
    for (const item of await items(`/apis/keda.sh/v1alpha1/${plural}`)) {
      const { namespace, name, deletionTimestamp, finalizers } = item.metadata
      const where = namespace ? `namespaces/${namespace}/${plural}` : plural
      if (deletionTimestamp && finalizers?.includes('finalizer.keda.sh')) held.push({ item, path: `/apis/keda.sh/v1alpha1/${where}/${name}` })
    }
  return held
}

// Every topic of the Kafka that has gone, once its Topic Operator has: that would put the finalizer back.
async function ofStrimzi() {
  const deployments = await items(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`)
  if (deployments.some(({ metadata }) => metadata.name === `${KAFKA}-entity-operator`)) return undefined
  const topics = `/apis/kafka.strimzi.io/v1/namespaces/${NAMESPACE}/kafkatopics`
  const all = await items(`${topics}?labelSelector=${encodeURIComponent(`strimzi.io/cluster=${KAFKA}`)}`)
  const held = all.filter(({ metadata }) => metadata.finalizers?.includes('strimzi.io/topic-operator'))
  return held.map((item) => ({ item, path: `${topics}/${item.metadata.name}` }))
}

const parts = [
  ...(KEDA === 'true' ? [{ finalizer: 'finalizer.keda.sh', find: ofKeda }] : []),
  ...(KAFKA ? [{ finalizer: 'strimzi.io/topic-operator', find: ofStrimzi }] : []),
]
const deadline = Date.now() + 120_000
// The garbage collector takes a while to delete what belonged to the pipelines: only some time without anything to do is the end.
for (let quietSince = Date.now(); Date.now() - quietSince < Number(QUIET_SECONDS) * 1000; await sleep(1000)) {
  // The uninstallation goes on in any case; docs/guides/uninstall.md says what to do by hand.
  if (Date.now() > deadline) break
  for (const { finalizer, find } of parts) {
    try {
      const held = await find()
      for (const { item, path } of held ?? []) await release(path, item, finalizer)
      if (held === undefined || held.length > 0) quietSince = Date.now()
    } catch (error) {
      console.error(error.message)
      quietSince = Date.now()
    }
  }
}
