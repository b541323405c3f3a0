// Which certificate authorities does a program trust besides the public ones? Those of TLS_CA, for
// every connection that it makes: to Redis, to a payment provider, a carrier, a mail server, an
// identity provider, a collector of traces. PostgreSQL and Kafka have variables of their own, which
// count instead.
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ConfigError } from './read-config.ts'
import { variables } from './variables.ts'

/** For the schema of a program's configuration. */
export const tlsVariables = {
  /** PEM. Trusted besides the public authorities, by every connection of the program. */
  TLS_CA: variables.text('certificates as PEM').optional(),
}

export interface TlsConfig {
  readonly TLS_CA?: string | undefined
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** To be called before the first connection; it holds for the whole process. @throws ConfigError */
export function trustAuthorities({ TLS_CA: pem }: TlsConfig): void {
  if (pem === undefined) return
  const certificates = pem.match(certificate)
  if (!certificates) throw wrong(`no certificate in ${pem.length} characters`)
  try {
    setDefaultCACertificates([...getCACertificates('default'), ...certificates])
  } catch (error) {
    throw wrong(`a certificate that cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError([`TLS_CA: found ${what}; allowed: certificates as PEM`])
}
