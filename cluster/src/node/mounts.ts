// What is mounted below a directory? Root file systems of containers, secrets in memory, network
// namespaces. Pure.

/** Mount points below (or at) the directories, innermost first, from /proc/self/mountinfo. */
export function mountsBelow(directories: readonly string[], mountinfo: string): string[] {
  const points = mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((point) => point !== undefined)
    .map((point) => point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
  // Later ones may cover earlier ones, also at the same point.
  return points.filter((point) => directories.some((dir) => point === dir || point.startsWith(`${dir}/`))).reverse()
}
