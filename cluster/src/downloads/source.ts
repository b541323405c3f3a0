// Where are release artifacts downloaded from? From their official addresses, from a mirror with
// the same layout, or nowhere: ORDERPIPELINE_DOWNLOADS says. Whether a host can be reached is found
// out once a run, within seconds.
import { DownloadError } from './errors.ts'

export const downloadsVariable = 'ORDERPIPELINE_DOWNLOADS'

/** How long an answer of any kind may take before a host counts as unreachable. */
const answerWithinMs = 4_000

export class InvalidDownloadsError extends Error {
  override readonly name = 'InvalidDownloadsError'
  readonly reason = 'DownloadsInvalid'
}

export interface DownloadSource {
  /** The official address, or that of the mirror: `<mirror>/<host>/<path>`. */
  address(officialUrl: string): string
  /** Asks the host only the first time. */
  reachable(officialUrl: string): Promise<boolean>
}

/** Undefined where downloads are refused. @throws InvalidDownloadsError */
export function downloadSource(setting: string | undefined): DownloadSource | undefined {
  if (setting === 'off') return undefined
  const mirror = setting ? mirrorUrl(setting) : undefined
  const address = (url: string): string => {
    if (!mirror) return url
    const { host, pathname } = new URL(url)
    return `${mirror}/${host}${pathname}`
  }
  const answers = new Map<string, Promise<boolean>>()
  return {
    address,
    reachable: (url) => {
      const { origin } = new URL(address(url))
      const answer = answers.get(origin) ?? answersAtAll(origin)
      answers.set(origin, answer)
      return answer
    },
  }
}

function mirrorUrl(setting: string): string {
  const url = URL.parse(setting)
  if (url && /^https?:$/.test(url.protocol) && !url.search && !url.hash) return url.href.replace(/\/+$/, '')
  throw new InvalidDownloadsError(
    `${downloadsVariable}: found ${JSON.stringify(setting)}; allowed: off, or the http or https URL of a mirror`,
  )
}

async function answersAtAll(origin: string): Promise<boolean> {
  const options = { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) } as const
  return await fetch(origin, options).then(
    () => true, // whatever it answers
    () => false,
  )
}

/** A file of a few kilobytes, such as one with sums. @throws DownloadError */
export async function smallFile(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) }).catch((cause: unknown) => {
    throw new DownloadError('Unreachable', `${url} does not answer`, { cause })
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new DownloadError('NotFound', `${url} answers ${response.status}`)
  }
  refuseDowngrade(url, response)
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.length > 1 << 20) throw new DownloadError('NotFound', `${url} is not a list of checksums`)
    }
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause
    throw new DownloadError('Interrupted', `${url} broke off`, { cause })
  }
  return text
}

/**
 * A redirect from https to http would let any host on the way choose what is downloaded. @throws
 * DownloadError
 */
export function refuseDowngrade(requestUrl: string, { url }: Pick<Response, 'url'>): void {
  if (requestUrl.startsWith('https:') && url && !url.startsWith('https:'))
    throw new DownloadError('Unreachable', `${requestUrl} redirects to ${url}, which is not https`)
}
