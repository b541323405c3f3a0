// May a request name this host? An address, a name without a dot, or the full name of a Service,
// yes. Any other name may be one that a web page has pointed at this machine, in order to read from
// a browser what only this machine should (DNS rebinding). Pure.
import { isIP } from 'node:net'

const ownName = /^[a-z0-9-]+(\.[a-z0-9-]+\.svc(\.cluster\.local)?)?$/

/** `host`: as the header of that name has it. */
export function isOwnHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || ownName.test(name)
}
