// How does a person get a command into the terminal? It is shown whole, and a button copies it.
import { useState } from 'preact/hooks'
import { copyText } from './freshness.tsx'

export function CopyCommand({ command, label }: { readonly command: string; readonly label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await copyText(command)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <div class="command">
      <code>{command}</code>
      <button type="button" class="quiet" aria-label={`Copy the command ${label}`} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  )
}
