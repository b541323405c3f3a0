// What is in a list that a provider gives page by page? All of it, with a bound: a list whose pages
// have no end is a defect of the provider, and must not fill the memory.
import { ProviderError } from './provider-error.ts'

export interface IdPage {
  readonly ids: readonly string[]
  /** Where the next page begins; absent after the last one. */
  readonly next?: string | undefined
}

const mostPages = 1_000

/** @throws ProviderError, also where a page follows itself or the pages do not end */
export async function allPages(page: (after: string | undefined) => Promise<IdPage>): Promise<readonly string[]> {
  const ids: string[] = []
  let after: string | undefined
  for (let count = 0; count < mostPages; count++) {
    const { ids: more, next } = await page(after)
    ids.push(...more)
    if (next === undefined) return ids
    if (next === after) break
    after = next
  }
  throw new ProviderError('Misconfigured', `a list without an end: ${ids.length} entries, and then more`)
}
