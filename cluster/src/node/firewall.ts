// Which firewall rules did the cluster leave behind? Chains that kube-proxy, the kubelet and
// network.ts name by prefix, and jumps to them; the machine's other rules are not touched. Pure.

const prefixes = ['KUBE-', 'OPL-']

/**
 * From what `iptables-save` prints, the input for `iptables-restore --noflush`; undefined when
 * nothing of ours is there.
 */
export function removalOf(saved: string): string | undefined {
  const tables = saved.split(/^(?=\*)/m).filter((table) => table.startsWith('*'))
  const script = tables.map(removalFromTable).join('')
  return script === '' ? undefined : script
}

function removalFromTable(table: string): string {
  const lines = table.split('\n')
  const own = lines
    .filter((line) => line.startsWith(':'))
    .map(chainOf)
    .filter(isOwn)
  if (own.length === 0) return ''
  const jumps = lines.filter((line) => line.startsWith('-A ') && !isOwn(chainOf(line)) && isOwn(targetOf(line)))
  return [
    lines[0],
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    // All emptied before any is deleted: they refer to each other.
    ...own.map((chain) => `-F ${chain}`),
    ...own.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ].join('\n')
}

/** The chain's name in `:CHAIN policy [0:0]` or `-A CHAIN …`. */
function chainOf(line: string) {
  return line.replace(/^:|^-A /, '').split(' ')[0] ?? ''
}
function targetOf(line: string) {
  return / -[jg] (\S+)/.exec(line)?.[1] ?? ''
}
function isOwn(chain: string) {
  return prefixes.some((prefix) => chain.startsWith(prefix))
}
