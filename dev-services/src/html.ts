// How are the pages written? As text in which everything that came from outside is escaped. They
// have no script, and no style but that of this file. Pure.

/** Text that is HTML already. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | readonly Html[]

/** Every part that is not Html is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.map((text, index) => text + (index < parts.length ? textOf(parts[index] ?? '') : '')).join(''),
  )
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(({ text }) => text).join('')
  return escaped(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** `up`: the way from this page to the root, so that it also works behind a proxy's path. */
export function page(title: string, up: string, body: Html): string {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>`
  const nav = html`<nav><a href="${up}mails">Mails</a> <a href="${up}traces">Traces</a> <a href="${up}">About</a></nav>`
  return `<!doctype html><html lang="en"><head>${head}<link rel="stylesheet" href="${up}style.css"></head><body>${nav.text}<h1>${escaped(title)}</h1>${body.text}</body></html>\n`
}

export const style = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 1rem auto; max-width: 72rem; padding: 0 1rem }
nav a { margin-right: 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: .2rem .6rem .2rem 0; text-align: left; vertical-align: top }
pre { overflow-wrap: anywhere; white-space: pre-wrap }
code, .id { font-family: ui-monospace, monospace; font-size: .9em }
.error { color: #c2410c }
svg { display: block; width: 100% }
svg text { fill: currentColor; font: 11px ui-monospace, monospace }
svg rect { fill: #2563eb }
svg .failed rect { fill: #c2410c }
`
