// What keeps a pipeline's gateway from asking for tokens, when the release says that it does? A
// file of examples/ that was applied over it: its AUTH=none stays next to the AUTH_… of the
// release, since variables are merged by name, and no gateway starts with both. It is removed
// before the release is applied: between the two the operator reports it, and changes no pod.
import { withoutDevServices } from '../extras.ts'
import type { Kubectl } from '../kubectl.ts'

interface Live {
  readonly spec?: {
    readonly gateway?: { readonly env?: readonly { readonly name: string; readonly value?: string }[] }
  }
}

/** The patch that removes it, or undefined where there is none. Pure. */
export function closingPatch({ spec }: Live): string | undefined {
  const index = spec?.gateway?.env?.findIndex(({ name, value }) => name === 'AUTH' && value === 'none') ?? -1
  if (index < 0) return undefined
  const path = `/spec/gateway/env/${index}`
  return JSON.stringify([
    { op: 'test', path: `${path}/name`, value: 'AUTH' },
    { op: 'remove', path },
  ])
}

/** `shop`: the values that the release gets besides those of values-local.yaml. */
export async function closeGateway(
  kubectl: Kubectl,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  shop: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  if (shop['authentication'] === withoutDevServices.authentication) return
  const target = ['orderpipeline', name, '--namespace', namespace]
  const text = await kubectl(['get', ...target, '--ignore-not-found', '--output', 'json'])
  const patch = text.trim() === '' ? undefined : closingPatch(JSON.parse(text) as Live)
  if (patch !== undefined) await kubectl(['patch', ...target, '--type=json', '--patch', patch])
}
