// How does a shop get into the states that the tasks are about? By what a person can do on its
// page: Try it.
import type { Page } from 'playwright-core'

/** The page waits 40 s for the answer to a burst. */
const ordersAtOnce = 1_000

/** A view of the page at the printed address, which has the key. */
export async function openTryIt(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('link', { name: 'Try it' }).click()
  await page.getByRole('button', { name: 'Place an order' }).waitFor()
}

export async function provider(page: Page, mode: 'Normal' | 'Slow' | 'Failing'): Promise<void> {
  const button = page.getByRole('button', { name: new RegExp(`^${mode}:`) })
  await button.click()
  await page.locator('button[aria-pressed="true"]').filter({ hasText: mode }).waitFor()
}

/** Resolves with the last order of it. @throws where the gateway did not take all of them */
export async function burst(page: Page, orders: number): Promise<string> {
  let last = ''
  for (let remaining = orders; remaining > 0; remaining -= ordersAtOnce) {
    const count = Math.min(remaining, ordersAtOnce)
    await page.getByLabel('Burst of').fill(String(count))
    await page.getByRole('button', { name: 'Place them' }).click()
    const answer = page.getByRole('region', { name: 'Orders' }).getByRole('status')
    // The text of the burst before stays until the answer to this one.
    const id = answer.locator('code').filter(last === '' ? {} : { hasNotText: last })
    await id.or(answer.locator('.banner')).waitFor({ timeout: 180_000 })
    const text = await answer.innerText()
    if (!text.startsWith(`${count.toLocaleString('en')} orders were taken; `) || text.includes(' not: '))
      throw new Error(`a burst of ${count}: ${text}`)
    last = await id.innerText()
  }
  return last
}
