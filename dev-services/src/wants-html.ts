// Does a caller want a page or JSON? A browser asks for HTML by name; curl, scripts and tests do
// not. Pure.
export function showsHtml({ headers }: { readonly headers: { readonly accept?: string | undefined } }): boolean {
  return /\btext\/html\b/.test(headers.accept ?? '')
}
