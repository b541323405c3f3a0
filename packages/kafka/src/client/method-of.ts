// Does a method of kafkajs that is patched still exist?

/**
 * Another version of kafkajs must be checked again, so an absent method is an error at start and
 * not a silent return of the fault.
 */
export function methodOf<T extends object, Name extends keyof T>(prototype: T, name: Name): T[Name] {
  const method = prototype[name]
  if (typeof method !== 'function')
    throw new TypeError(`kafkajs has no ${String(name)} any more: see kafkajs-patches.ts and waiting-fetches.ts`)
  return method
}
