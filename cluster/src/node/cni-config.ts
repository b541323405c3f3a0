// How does a pod get its network? One bridge that is also the node's address, one address range for
// all pods. Pure.
import { network } from './api-server-flags.ts'

/**
 * Masquerading is one rule of our own (network.ts): the plugin's would run iptables twice for every
 * pod. A pod may reach itself through its Service, hence hairpin.
 */
export function cniConfig(name: string, addressDir: string): string {
  const list = {
    cniVersion: '1.0.0',
    name,
    plugins: [
      {
        type: 'bridge',
        bridge: network.bridge,
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: addressDir,
          ranges: [[{ subnet: network.podRange, rangeStart: '10.244.1.0', gateway: network.nodeAddress }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  }
  return JSON.stringify(list, undefined, 2)
}
