// How much is there, and what runs low? For the shop's staff, by the levels that the inventory has
// published; only read.
import { useEffect, useState } from 'preact/hooks'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { lowFirst, stateOf } from '../../model/stock.ts'
import type { StockAnswer, StockLevel } from '../../model/stock.ts'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { go } from '../navigation.ts'
import { pathOf } from '../route.ts'
import { staffHeaders, staffToken } from '../staff-token.ts'
import { dateText, plural } from '../words.ts'
import { LookupFailed } from './order-parts.tsx'
import { StaffTokenForm } from './staff-token-form.tsx'

interface StockViewProps {
  readonly pipeline: PipelineState
  /** How each SKU begins. */
  readonly sku: string | undefined
}

export function StockView({ pipeline, sku }: StockViewProps) {
  const key = keyOf(pipeline)
  const [typed, setTyped] = useState(sku ?? '')
  const [token, setToken] = useState(staffToken)
  return (
    <>
      <h1>Stock</h1>
      <form
        class="lookup"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          const text = typed.trim().toUpperCase()
          go(pathOf({ view: 'stock', pipeline: key, ...(text === '' ? {} : { sku: text }) }))
        }}
      >
        <label for="sku">SKU, or how it begins</label>
        <input
          {...{ id: 'sku', value: typed, spellcheck: false, autocomplete: 'off', placeholder: 'SKU-00' }}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit">Find</button>
      </form>
      <StaffTokenForm token={token} onChange={setToken} what="Stock is" />
      {token === undefined ? (
        <p class="empty">The gateway shows levels of stock to the shop's staff: look with a token of its issuer.</p>
      ) : (
        <Levels key={token} {...{ pipeline: key, sku, token }} />
      )}
    </>
  )
}

interface LevelsProps {
  readonly pipeline: string
  readonly sku: string | undefined
  readonly token: string
}

/** So many are enough here; the gateway lists all. */
const mostShown = 1_000

function Levels({ pipeline, sku, token }: LevelsProps) {
  const [levels, setLevels] = useState<readonly StockLevel[]>([])
  const [last, setLast] = useState<Answered<StockAnswer>>()
  const read = async (cursor?: string): Promise<void> => {
    const query = new URLSearchParams({ ...(sku === undefined ? {} : { sku }), ...(cursor && { cursor }) })
    const path = `/api/stock/${pipeline}?${query.toString()}`
    const answer = await fetchJson<StockAnswer>(path, { headers: staffHeaders(token) })
    setLast(answer)
    if (!('value' in answer)) return
    const { low, stock } = answer.value
    setLevels((before) => lowFirst(low ?? before, stock).slice(0, mostShown))
  }
  useEffect(() => void read(), [])
  const next = last && 'value' in last && levels.length < mostShown ? last.value.next : undefined
  const lowCount = levels.filter((level) => stateOf(level) !== 'in stock').length
  return (
    <section class="panel" aria-labelledby="stock-title">
      <h2 id="stock-title">{sku === undefined ? 'Levels' : `Levels of ${sku}…`}</h2>
      <div aria-live="polite">
        {last === undefined && <p class="empty">Asking the gateway …</p>}
        {last && 'message' in last && <LookupFailed answer={last} />}
        {last && 'value' in last && levels.length === 0 && (
          <p class="empty">The inventory has published no such level (INVENTORY_STOCK_EVENTS).</p>
        )}
        {levels.length > 0 && (
          <p class="hint">
            {plural(levels.length, 'product')}, {lowCount} low or sold out, these first
          </p>
        )}
      </div>
      <ul class="money">
        {levels.map((level) => (
          <li key={level.sku}>
            <code>{level.sku}</code>
            <StockState level={level} />
            <time dateTime={level.updatedAt}>{dateText(level.updatedAt)}</time>
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" onClick={() => void read(next)}>
          More
        </button>
      )}
    </section>
  )
}

const tones = { 'sold out': 'bad', low: 'busy', 'in stock': 'good' } as const

export function StockState({ level }: { readonly level: StockLevel }) {
  const state = stateOf(level)
  return (
    <>
      <span class={`state small ${tones[state]}`}>{state}</span>
      <span>{plural(level.available, 'piece')}</span>
    </>
  )
}
