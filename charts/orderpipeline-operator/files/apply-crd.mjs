// Brings the definition of OrderPipelines up to date in `helm upgrade`: a server-side apply of the mounted file, with the rights of the
// pod's own ServiceAccount. As Helm's own, or Helm 4 would stop at a conflict when the chart is installed again after it was
// uninstalled, which leaves the definition. Tried again for a minute, since an API server may be away for a while.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const account = process.env.SERVICE_ACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount'
const { CRD_FILE, CRD_NAME, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env

async function apply() {
  const [body, token, ca] = await Promise.all([CRD_FILE, `${account}/token`, `${account}/ca.crt`].map((file) => readFile(file, 'utf8')))
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}?fieldManager=helm&force=true`
  const headers = { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/apply-patch+yaml' }
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method: 'PATCH', headers, ca, timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s'))).on('error', reject).end(body)
  })
}

for (let attempt = 1; ; attempt++) {
  const { status = 0, text } = await apply().catch((error) => ({ text: String(error) }))
  if (status === 200 || status === 201) break
  console.error(`${CRD_NAME} is not applied: ${status} ${text.slice(0, 2000)}`)
  const again = status === 0 || status === 429 || status >= 500
  if (!again || attempt === 8) process.exit(1)
  await sleep(Math.min(10_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2))
}
console.log(`${CRD_NAME} is applied`)
