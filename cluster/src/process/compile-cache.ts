// Does a process of this project's sources compile them again? It uses the cache of the process
// that starts it, where that has one: npm commands do. It is ready in half of the processor time.

/** For a process that is started with none of our variables but those it is given. */
export function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder ? { NODE_COMPILE_CACHE: folder } : {}
}
