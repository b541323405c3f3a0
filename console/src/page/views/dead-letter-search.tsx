// Which dead letters are looked for? By stage, cause, state and text; the address of the view has
// them, so that its link leads a colleague to the same ones.
import { useEffect, useState } from 'preact/hooks'
import { filterOf, filterStates } from '../../model/dead-letter-filter.ts'
import type { DeadLetterFilter, FilterState } from '../../model/dead-letter-filter.ts'
import type { DeadLetters } from '../../model/dead-letter-search.ts'
import { go } from '../navigation.ts'
import { pathOf } from '../route.ts'

interface SearchProps {
  readonly pipeline: string
  readonly filter: DeadLetterFilter
  readonly found: Pick<DeadLetters, 'stages' | 'reasons'>
}

const stateTexts: Readonly<Record<FilterState, string>> = {
  waiting: 'waiting',
  parked: 'came back too often',
  replayed: 'replayed',
  discarded: 'discarded',
}

export function DeadLetterSearch({ pipeline, filter, found: { stages, reasons } }: SearchProps) {
  const [text, setText] = useState(filter.text ?? '')
  useEffect(() => setText(filter.text ?? ''), [filter.text])
  const search = (change: DeadLetterFilter): void =>
    go(pathOf({ view: 'dead-letters', pipeline, filter: filterOf({ ...filter, text: text.trim(), ...change }) }))
  return (
    <form
      class="actions search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search({})
      }}
    >
      <Choice label="Stage" value={filter.stage} values={stages} onChange={(stage) => search({ stage })} />
      <Choice label="Cause" value={filter.reason} values={reasons} onChange={(reason) => search({ reason })} />
      <Choice
        {...{ label: 'State', value: filter.state, values: filterStates, texts: stateTexts }}
        onChange={(state) => search({ state: state as FilterState })}
      />
      <label class="field">
        Text
        <input
          {...{ type: 'search', value: text, maxLength: 200, placeholder: 'error, order, person' }}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Find</button>
      {Object.keys(filter).length > 0 && <a href={pathOf({ view: 'dead-letters', pipeline })}>Show all</a>}
    </form>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string | undefined
  readonly values: readonly string[]
  readonly texts?: Readonly<Record<string, string>>
  readonly onChange: (value: string) => void
}

/** A link may name a value that there is no more. */
function Choice({ label, value = '', values, texts = {}, onChange }: ChoiceProps) {
  const options = value === '' || values.includes(value) ? values : [value, ...values]
  return (
    <label class="field">
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {options.map((one) => (
          <option key={one} value={one}>
            {texts[one] ?? one}
          </option>
        ))}
      </select>
    </label>
  )
}
