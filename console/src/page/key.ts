// Which key does the page send with its requests? That of a console on this machine, from the
// address that the terminal printed, or that of a session; another page cannot send such a header.

const storageKey = 'orderpipeline-console-key'

/** Takes the key out of the address, so that a copied link does not contain it. */
export function takeKey(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key === null) return
  keepKey(key)
  history.replaceState(undefined, '', location.pathname + location.search)
}

export function keepKey(key: string): void {
  localStorage.setItem(storageKey, key)
}

export function forgetKey(): void {
  localStorage.removeItem(storageKey)
}

/** Behind a proxy that passes tokens there is no key, and the header says that it is this page. */
export function keyHeaders(): Record<string, string> {
  return {
    'x-console-key': localStorage.getItem(storageKey) ?? 'page',
  }
}
