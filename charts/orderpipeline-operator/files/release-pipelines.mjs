// What holds pipelines when the operator is uninstalled? Its finalizer, which nothing takes off any more: they would stay in Terminating.
// This waits until the operator's pods are gone, then takes the finalizer off every pipeline that has it. Topics that the operator itself
// made in an external Kafka stay. A pipeline that has just been changed to keep its topics is left alone: they would go with it.
import { backOff, itemsOf, removeFinalizer } from './api-server.mjs'

const { NAMESPACE, SELECTOR, WATCH_NAMESPACE } = process.env
const finalizer = 'orderpipeline.dev/cleanup'
const group = '/apis/orderpipeline.dev/v1alpha1'

async function release({ metadata, spec }) {
  const { namespace, name } = metadata
  if (spec.deletionPolicy !== 'Delete') return console.log(`${namespace}/${name} keeps its topics: left alone`)
  await removeFinalizer(`${group}/namespaces/${namespace}/orderpipelines/${name}`, metadata, finalizer)
  console.log(`${namespace}/${name} has no finalizer any more`)
}

const operators = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=${encodeURIComponent(SELECTOR)}`
const pipelines = WATCH_NAMESPACE ? `${group}/namespaces/${WATCH_NAMESPACE}/orderpipelines` : `${group}/orderpipelines`
async function held() {
  return (await itemsOf(pipelines)).filter(({ metadata }) => metadata.finalizers?.includes(finalizer))
}

const deadline = Date.now() + 90_000
for (let wait = 500; ; wait = Math.min(5_000, wait * 2)) {
  try {
    const [running, holding] = await Promise.all([itemsOf(operators), held()])
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
  await backOff(wait)
}
