// May load be sent there? To this machine and private networks, yes; to other addresses only when
// an option allows it.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { InvalidOptionError } from './units.ts'

const near = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  near.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  near.addSubnet(network, prefix, 'ipv6')

export function isNear(address: string): boolean {
  return near.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** @throws InvalidOptionError where the address, or any that the name stands for, is public. */
export async function checkedTarget(text: string, allowRemote: boolean): Promise<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new InvalidOptionError(`--url: found ${JSON.stringify(text)}; allowed: such as http://127.0.0.1:30080`)
  if (allowRemote) return url
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        (records) => records.map(({ address }) => address),
        () => {
          throw new InvalidOptionError(`--url: the name ${host} does not resolve`)
        },
      )
  const far = addresses.find((address) => !isNear(address))
  if (far !== undefined)
    throw new InvalidOptionError(
      `--url: ${host} is ${far}, neither this machine nor a private network; --allow-remote sends load there all the same`,
    )
  return url
}
