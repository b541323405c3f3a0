// How does the OpenAPI document read in a browser? As one page of plain HTML, without a script and
// without anything from elsewhere.
import { responseIn } from '@orderpipeline/http'
import type { OpenApi, Operation } from '@orderpipeline/http'

export function page(document: OpenApi): string {
  const { info, paths } = document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(document, path, method, operation)),
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  code, pre { font: 13px/1.5 ui-monospace, monospace }
  pre { background: #8881; padding: .7rem; overflow: auto }
  summary { cursor: pointer; padding: .4rem 0; border-top: 1px solid #8884 }
  summary b { display: inline-block; width: 4.5rem }
  td, th { text-align: left; vertical-align: top; padding: .1rem 1rem .1rem 0 }
  @media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #9cf } }
</style>
<h1>${escapeHtml(info.title)}</h1>
<p>${escapeHtml(info.description)} <a href="openapi.json">openapi.json</a></p>
${operations.join('\n')}
</html>
`
}

function section(document: OpenApi, path: string, method: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses } = operation
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code><td>${place}${required ? ', required' : ''}<td><code>${escapeHtml(JSON.stringify(schema))}</code>`,
  )
  const answers = Object.entries(responses).map(([status, response]) => {
    const { description, content = {} } = responseIn(document, response)
    return `<tr><td><b>${status}</b><td>${escapeHtml(description)}<td>${escapeHtml(Object.keys(content).join(', '))}`
  })
  return `<details><summary><b>${method.toUpperCase()}</b><code>${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary>
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}
${requestBody ? `<pre>${escapeHtml(JSON.stringify(requestBody, undefined, 2))}</pre>` : ''}
<table>${answers.join('')}</table>
</details>`
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? '&quot;')
}
