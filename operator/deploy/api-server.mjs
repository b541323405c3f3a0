// How do the charts' hooks call the API server? With the rights of the pod's own ServiceAccount,
// and Node's own modules only. A chart puts this file before a program that is an argument of Node,
// so a name that is used here is not declared there again.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const account = process.env.SERVICE_ACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount'
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env

export async function call(method, path, body, contentType = 'application/json-patch+json') {
  const [token, ca] = await Promise.all([`${account}/token`, `${account}/ca.crt`].map((file) => readFile(file, 'utf8')))
  const headers = { authorization: `Bearer ${token.trim()}`, ...(body && { 'content-type': contentType }) }
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
      .end(body)
  })
}

/** Undefined: the kind is not served, or there is no such object. */
export async function get(path) {
  const { status, text } = await call('GET', path)
  if (status === 404) return undefined
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

/** A kind that is not served has no objects any more. */
export async function itemsOf(path) {
  return (await get(path))?.items ?? []
}

/** Fails if the object has changed since it was read. One that is gone needs nothing. */
export async function removeFinalizer(path, { resourceVersion, finalizers }, finalizer) {
  const patch = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/finalizers', value: finalizers.filter((each) => each !== finalizer) },
  ]
  const { status, text } = await call('PATCH', path, JSON.stringify(patch))
  if (status !== 200 && status !== 404) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`)
}

/** Waits between half of the time and all of it, so that programs that fail together spread. */
export async function backOff(ms) {
  await sleep(ms * (0.5 + Math.random() / 2))
}

/**
 * Runs every pass once a second, until none of them has had work for a while, or until the
 * deadline. A pass says whether it has work; one that fails may have. The garbage collector takes a
 * while to delete what depends on an object, so a single pass without work is not the end. After
 * the deadline the uninstallation goes on in any case; docs/guides/uninstall.md says what to do by
 * hand.
 */
export async function runUntilQuiet({ quietSeconds, deadlineSeconds }, passes) {
  const deadline = Date.now() + deadlineSeconds * 1000
  for (let quietSince = Date.now(); Date.now() - quietSince < quietSeconds * 1000; await sleep(1000)) {
    if (Date.now() > deadline) return
    for (const pass of passes) if (await hasWork(pass)) quietSince = Date.now()
  }
}

async function hasWork(pass) {
  try {
    return await pass()
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    return true
  }
}
