// Which variables does a process have in place of a container? Each one of its container, with
// secrets looked up, the ports that are its own, and the names of Services as addresses of this
// machine. Pure.
import type { V1Container } from '@orderpipeline/operator/api'

/** A Service of this machine: its name and port mean this port of the loopback address. */
export interface LocalService {
  readonly name: string
  readonly namespace: string
  readonly port: number
  readonly localPort: number
}

export interface ContainerContext {
  readonly services: readonly LocalService[]
  /** The text of a Secret's key; undefined where there is none. */
  readonly secret: (name: string, key: string) => string | undefined
  /** The port a process gets for each port that its container names. */
  readonly ports: Readonly<Record<string, number>>
}

export type ProcessEnvironment =
  | { readonly kind: 'complete'; readonly variables: Readonly<Record<string, string>> }
  /** Like a pod that waits with CreateContainerConfigError. */
  | { readonly kind: 'incomplete'; readonly message: string }

/** Variables that carry the number of a container's port. */
const portVariables: Readonly<Record<string, string>> = {
  METRICS_PORT: 'metrics',
  HTTP_PORT: 'http',
  SMTP_PORT: 'smtp',
}

export function processEnvironment(
  { env = [] }: Pick<V1Container, 'env'>,
  { services, secret, ports }: ContainerContext,
): ProcessEnvironment {
  const variables: Record<string, string> = {}
  for (const { name, value, valueFrom } of env) {
    const reference = valueFrom?.secretKeyRef
    if (reference) {
      const text = secret(reference.name ?? '', reference.key)
      if (text === undefined)
        return {
          kind: 'incomplete',
          message: `couldn't find key ${reference.key} in Secret ${reference.name}`,
        }
      variables[name] = text
    } else {
      const port = ports[portVariables[name] ?? '']
      variables[name] = port === undefined ? localAddresses(value ?? '', services) : String(port)
    }
  }
  return { kind: 'complete', variables }
}

/**
 * Every `<service>:<port>`, with or without its namespace and domain, as 127.0.0.1 with the port it
 * has here.
 */
export function localAddresses(text: string, services: readonly LocalService[]): string {
  return services.reduce((result, { name, namespace, port, localPort }) => {
    const host = `${escaped(name)}(?:\\.${escaped(namespace)}(?:\\.svc(?:\\.[a-z0-9.-]+)?)?)?`
    return result.replace(new RegExp(`(?<![\\w.-])${host}:${port}(?!\\d)`, 'g'), `127.0.0.1:${localPort}`)
  }, text)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Whether any variable of a container names the Service. */
export function names({ env = [] }: Pick<V1Container, 'env'>, service: LocalService): boolean {
  return env.some(({ value = '' }) => localAddresses(value, [service]) !== value)
}
