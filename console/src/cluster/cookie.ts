// How does the browser keep a session? In a cookie that no script reads and that no other site's
// request carries; by TLS it is also bound to this host. Pure.

/** Browsers accept this prefix only with Secure, by TLS, and from the host itself. */
const names = { secure: '__Host-orderpipeline-console', plain: 'orderpipeline-console' }

function nameFor(origin: string): string {
  return origin.startsWith('https:') ? names.secure : names.plain
}

/** The session that the request names; undefined where it names none. */
export function sessionIn(cookies: string | undefined, origin: string): string | undefined {
  const start = `${nameFor(origin)}=`
  const pair = (cookies ?? '').split(';').find((one) => one.trim().startsWith(start))
  const id = pair?.trim().slice(start.length)
  return id !== undefined && /^[\w-]{1,100}$/.test(id) ? id : undefined
}

/** `id` undefined: the cookie is removed. */
export function cookieFor(id: string | undefined, origin: string): string {
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  const age = id === undefined ? '; Max-Age=0' : ''
  return `${nameFor(origin)}=${id ?? ''}; Path=/; HttpOnly; SameSite=Strict${secure}${age}`
}
