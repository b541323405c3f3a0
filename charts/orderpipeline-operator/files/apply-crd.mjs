// Brings the definition of OrderPipelines up to date in `helm upgrade`: a server-side apply of the mounted file, with the rights of the
// pod's own ServiceAccount. As Helm's own, or Helm 4 would stop at a conflict when the chart is installed again after it was
// uninstalled, which leaves the definition. Tried again for a minute, since an API server may be away for a while.
import { readFile } from 'node:fs/promises'
import { backOff, call } from './api-server.mjs'

const { CRD_FILE, CRD_NAME } = process.env

async function apply() {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}?fieldManager=helm&force=true`
  return await call('PATCH', path, await readFile(CRD_FILE, 'utf8'), 'application/apply-patch+yaml')
}

for (let attempt = 1; ; attempt++) {
  const { status = 0, text } = await apply().catch((error) => ({ text: String(error) }))
  if (status === 200 || status === 201) break
  console.error(`${CRD_NAME} is not applied: ${status} ${text.slice(0, 2000)}`)
  const again = status === 0 || status === 429 || status >= 500
  if (!again || attempt === 8) process.exit(1)
  await backOff(Math.min(10_000, 500 * 2 ** attempt))
}
console.log(`${CRD_NAME} is applied`)
