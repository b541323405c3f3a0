// How does a person say who they are? With a token of the cluster, which the console keeps in
// memory.
import { useState } from 'preact/hooks'
import { signIn } from '../session.ts'

interface SignInProps {
  readonly onSignedIn: () => void
}

export function SignInView({ onSignedIn }: SignInProps) {
  const [token, setToken] = useState('')
  const [state, setState] = useState<{ readonly busy: boolean; readonly failed?: string }>({ busy: false })
  const submit = async (): Promise<void> => {
    setState({ busy: true })
    const answer = await signIn(token)
    if ('value' in answer) return onSignedIn()
    setToken('')
    setState({ busy: false, failed: answer.message })
  }
  return (
    <>
      <h1>Sign in</h1>
      <p>
        This console shows and does what you may in the cluster, by a bearer token that the API server accepts: the ID
        token of your identity provider, or that of a ServiceAccount.
      </p>
      <form
        class="lookup"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <label for="token">Token</label>
        <input
          {...{ id: 'token', type: 'password', value: token, autocomplete: 'off', spellcheck: false, required: true }}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={state.busy || token.trim() === ''}>
          {state.busy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      <div role="alert">{state.failed !== undefined && <p class="banner">{state.failed}</p>}</div>
      <p class="hint">
        Such as <code>kubectl create token &lt;service account&gt; -n &lt;namespace&gt;</code>. The console holds it in
        memory, until you sign out, after an hour without use, or for twelve hours.
      </p>
    </>
  )
}
