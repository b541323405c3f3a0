// How are a command's options read? Strictly: an unknown one is a mistake worth a line.
import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'
import { extraNames } from '../providers/extras.ts'
import type { Extra } from '../providers/extras.ts'
import { providerNames } from '../providers/provider.ts'
import type { ProviderName } from '../providers/provider.ts'
import { UsageError } from './command.ts'

export function optionsOf<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError */
export function extrasOf(names: readonly string[]): readonly Extra[] {
  return names.map((name) => {
    const extra = extraNames.find((each) => each === name)
    if (!extra) throw new UsageError(`--without is one of ${extraNames.join(', ')}, found ${JSON.stringify(name)}`)
    return extra
  })
}

export function providerOf(text: string | undefined): ProviderName | undefined {
  if (text === undefined) return undefined
  const provider = providerNames.find((name) => name === text)
  if (!provider) throw new UsageError(`--provider is ${providerNames.join(' or ')}, found ${JSON.stringify(text)}`)
  return provider
}
