// How does a member of the staff say who they are to the gateway? By the token of its issuer, which
// the console passes on.
import { useState } from 'preact/hooks'
import { staffTokenPattern } from '../../model/orders.ts'
import { forgetStaffToken, keepStaffToken } from '../staff-token.ts'

interface StaffTokenProps {
  readonly token: string | undefined
  readonly onChange: (token: string | undefined) => void
  /** What is read with it. */
  readonly what?: string
}

export function StaffTokenForm({ token, onChange, what }: StaffTokenProps) {
  const [typed, setTyped] = useState('')
  if (token !== undefined)
    return (
      <p class="staff-token">
        {what === undefined
          ? 'Orders are read with your staff token, and your looks are recorded. '
          : `${what} read with your staff token. `}
        <button
          type="button"
          onClick={() => {
            forgetStaffToken()
            onChange(undefined)
          }}
        >
          Forget the token
        </button>
      </p>
    )
  const text = typed.trim().replace(/^Bearer /i, '')
  return (
    <details class="staff-token">
      <summary>Look as the shop's staff</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          keepStaffToken(text)
          setTyped('')
          onChange(text)
        }}
      >
        <label for="staff-token">Token of the gateway's issuer, with the staff's scopes</label>
        <input
          {...{ id: 'staff-token', type: 'password', value: typed, autocomplete: 'off' }}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" disabled={!staffTokenPattern.test(text)}>
          Use
        </button>
      </form>
    </details>
  )
}
