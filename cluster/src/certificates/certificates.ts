// How does a cluster get its certificates? It issues them itself: a few authorities that sign for
// each other's clients and servers, with elliptic keys that take a millisecond.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  PemConverter,
} from '@peculiar/x509'
import type { JsonGeneralName } from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const
const years = 10

/** Both as PEM; the key in PKCS #8. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface Identity {
  /** The user name, in a client certificate. */
  readonly commonName: string
  /** The user's group. */
  readonly organization?: string
  /** Names and addresses it serves under; a certificate without any is a client's only. */
  readonly serves?: { readonly dns: readonly string[]; readonly ip: readonly string[] }
}

export async function newAuthority(commonName: string, now: Date): Promise<KeyPair> {
  const keys = await newKeys()
  const cert = await X509CertificateGenerator.createSelfSigned({
    ...lifetime(now),
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: cert.toString('pem'), key: await privatePem(keys.privateKey) }
}

/**
 * A certificate for both ends of a connection, or for the client's end when it serves under no
 * name.
 */
export async function issue(authority: KeyPair, identity: Identity, now: Date): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.cert)
  const keys = await newKeys()
  const { organization, serves } = identity
  const names: JsonGeneralName[] = [
    ...(serves?.dns ?? []).map((value) => ({ type: 'dns', value }) as const),
    ...(serves?.ip ?? []).map((value) => ({ type: 'ip', value }) as const),
  ]
  const uses = [ExtendedKeyUsage.clientAuth, ...(names.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])]
  const cert = await X509CertificateGenerator.create({
    ...lifetime(now),
    serialNumber: serialNumber(),
    subject: [...(organization ? [{ O: [organization] }] : []), { CN: [identity.commonName] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await importPrivate(authority.key),
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(uses),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  return { cert: cert.toString('pem'), key: await privatePem(keys.privateKey) }
}

/** The pair that signs service-account tokens: public and private key, no certificate. */
export async function newSigningKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await newKeys()
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey)
  return { publicKey: PemConverter.encode(spki, 'PUBLIC KEY'), privateKey: await privatePem(keys.privateKey) }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

async function importPrivate(pem: string): Promise<webcrypto.CryptoKey> {
  return await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), algorithm, false, ['sign'])
}

/** From an hour ago, for clocks that differ. */
function lifetime(now: Date): { notBefore: Date; notAfter: Date } {
  const notAfter = new Date(now)
  notAfter.setFullYear(now.getFullYear() + years)
  return { notBefore: new Date(now.getTime() - 3_600_000), notAfter }
}

/** Positive and without leading zero byte, as the standard asks. */
function serialNumber() {
  return `4${randomBytes(15).toString('hex').slice(1)}`
}
