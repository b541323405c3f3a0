// Which objects of the pipelines stay in Terminating when KEDA or a Kafka cluster was uninstalled
// first? Those with its finalizer, which no controller removes any more. The running operator
// removes it; this program does so, by the same rule, when one of our charts is uninstalled after
// the operator. It changes only objects of pipelines that are being deleted: KEDA's after they have
// waited for a while, a topic's once its Kafka does not exist.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const account = process.env.SERVICE_ACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount'
// HELD_NAMESPACE: of the pipelines; empty means all. HELD_PIPELINE: one of them; empty means all.
const {
  HELD_NAMESPACE,
  HELD_PIPELINE,
  HELD_SECONDS = '10',
  QUIET_SECONDS = '5',
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port,
} = process.env
const pipelines = HELD_PIPELINE ? `orderpipeline.dev/pipeline=${HELD_PIPELINE}` : 'orderpipeline.dev/pipeline'
const selector = encodeURIComponent(`app.kubernetes.io/managed-by=orderpipeline,${pipelines}`)
const keda = { group: '/apis/keda.sh/v1alpha1', finalizer: 'finalizer.keda.sh' }
const kinds = [
  { ...keda, plural: 'scaledobjects' },
  { ...keda, plural: 'triggerauthentications' },
  { group: '/apis/kafka.strimzi.io/v1', finalizer: 'strimzi.io/topic-operator', plural: 'kafkatopics' },
]

async function call(method, path, body) {
  const [token, ca] = await Promise.all([`${account}/token`, `${account}/ca.crt`].map((file) => readFile(file, 'utf8')))
  const headers = {
    authorization: `Bearer ${token.trim()}`,
    ...(body && { 'content-type': 'application/json-patch+json' }),
  }
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method, headers, ca, timeout: 10_000 }, (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (part) => (text += part))
        .on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    outgoing
      .on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')))
      .on('error', reject)
      .end(body && JSON.stringify(body))
  })
}

async function get(path) {
  const { status, text } = await call('GET', path)
  if (status === 404) return undefined // the kind is not served, or there is no such object
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

async function terminatingObjects() {
  const objects = []
  for (const { group, plural, finalizer } of kinds) {
    const where = HELD_NAMESPACE ? `${group}/namespaces/${HELD_NAMESPACE}/${plural}` : `${group}/${plural}`
    for (const { metadata } of (await get(`${where}?labelSelector=${selector}`))?.items ?? [])
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
  const patch = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'replace', path: '/metadata/finalizers', value: metadata.finalizers.filter((each) => each !== finalizer) },
  ]
  const { status, text } = await call('PATCH', path, patch)
  if (status !== 200 && status !== 404) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`)
  process.stdout.write(`${metadata.namespace}/${metadata.name}: removed the finalizer ${finalizer}\n`)
}

const seenAt = new Map()
const deadline = Date.now() + 60_000
// The garbage collector takes a while to delete the objects of a pipeline: the end is some time
// without such an object.
for (let quietSince = Date.now(); Date.now() - quietSince < Number(QUIET_SECONDS) * 1000; await sleep(1000)) {
  // The uninstallation goes on in any case; docs/guides/uninstall.md says what to do by hand.
  if (Date.now() > deadline) break
  try {
    const waiting = await terminatingObjects()
    if (waiting.length > 0) quietSince = Date.now()
    for (const object of waiting) {
      const since = seenAt.get(object.metadata.uid) ?? Date.now()
      seenAt.set(object.metadata.uid, since)
      if (Date.now() - since >= Number(HELD_SECONDS) * 1000 && (await isAbandoned(object))) await release(object)
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    quietSince = Date.now()
  }
}
