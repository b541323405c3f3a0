// What holds pipelines when the operator is uninstalled? Its finalizer, which nothing takes off any more: they would stay in Terminating.
// This waits until the operator's pods are gone, then takes the finalizer off every pipeline that has it. Topics that the operator itself
// made in an external Kafka stay. A pipeline that has just been changed to keep its topics is left alone: they would go with it.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const account = process.env.SERVICE_ACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount'
const { NAMESPACE, SELECTOR, WATCH_NAMESPACE, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
const finalizer = 'orderpipeline.dev/cleanup'
const group = '/apis/orderpipeline.dev/v1alpha1'

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
  if (status === 404) return [] // the definition is gone, and every pipeline with it
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`)
  return JSON.parse(text).items
}

async function release({ metadata, spec }) {
  const { namespace, name, resourceVersion, finalizers } = metadata
  if (spec.deletionPolicy !== 'Delete') return console.log(`${namespace}/${name} keeps its topics: left alone`)
  const others = finalizers.filter((each) => each !== finalizer)
  const patch = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/finalizers', value: others },
  ]
  const { status, text } = await call('PATCH', `${group}/namespaces/${namespace}/orderpipelines/${name}`, patch)
  if (status !== 200 && status !== 404) throw new Error(`${namespace}/${name}: ${status} ${text.slice(0, 500)}`)
  console.log(`${namespace}/${name} has no finalizer any more`)
}

const operators = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${encodeURIComponent(SELECTOR)}`
const pipelines = WATCH_NAMESPACE ? `${group}/namespaces/${WATCH_NAMESPACE}/orderpipelines` : `${group}/orderpipelines`
async function held() {
return ((await items(pipelines)).filter(({ metadata }) => metadata.finalizers?.includes(finalizer)))
}

const deadline = Date.now() + 90_000
for (let wait = 500; ; wait = Math.min(5_000, wait * 2)) {
  try {
    const [running, holding] = await Promise.all([items(operators), held()])
    if (running.length === 0) {
      for (const pipeline of holding) await release(pipeline)
      break
    }
    console.log(`${running.length} pods of the operator are still ending`)
  } catch (error) {
    console.error(error.message)
  }
  // The uninstallation goes on in any case; docs/guides/uninstall.md says what to do by hand.
  if (Date.now() > deadline) break
  await sleep(wait * (0.5 + Math.random() / 2))
}
