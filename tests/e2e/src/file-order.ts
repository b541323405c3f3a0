// In which order do the files run? One after the other, since they share a cluster; and so that
// what one leaves to wait for passes while the next ones run. Pure.

/**
 * Names of the files in `test/`. After the crashes KEDA takes two minutes to scale payment in; the
 * two files that follow do not use the shop's stages, and run meanwhile.
 */
export const fileOrder: readonly string[] = [
  'complete-shop',
  'crashes',
  'secured-kafka',
  'refusals',
  'dead-letters',
  'own-stages',
  'lifecycle',
  'monitoring',
  'scale-from-zero',
  'rollouts',
  'console',
  'scaling',
  'upgrade',
]

/** The files of these tests in their order, after all others, which keep theirs. */
export function endToEndOrder<File extends { readonly moduleId: string }>(files: readonly File[]): File[] {
  const place = ({ moduleId }: File) =>
    fileOrder.findIndex((name) => moduleId.endsWith(`/tests/e2e/test/${name}.test.ts`))
  return files.toSorted((a, b) => place(a) - place(b)) // stable; -1 of another file is first
}
