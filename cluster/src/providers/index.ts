// Which provider has made, or is to make, this cluster? The recorded one; for a new cluster the one
// that suits the machine.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kindProvider } from './kind/index.ts'
import type { StatePaths } from '../paths.ts'
import { NoProviderError, suitableProvider, thisMachine } from './choose.ts'
import { nativeProvider } from './native/index.ts'
import { providerNames } from './provider.ts'
import type { Provider, ProviderName } from './provider.ts'

export type { Provider, ProviderName } from './provider.ts'

function recordIn(paths: StatePaths) {
  return join(paths.root, 'provider')
}

/** Records the choice, so that `down` and `status` use the same provider. */
export async function chosenProvider(paths: StatePaths, preference: ProviderName | undefined): Promise<Provider> {
  const previous = await recordedName(paths)
  if (previous && preference && previous !== preference) {
    throw new NoProviderError(`The local cluster was created with ${previous}. First remove it: npm run down -- --data`)
  }
  const name = previous ?? suitableProvider(await thisMachine(), preference)
  await mkdir(paths.root, { recursive: true })
  await writeFile(recordIn(paths), name)
  return make(name, paths)
}

/** Undefined when there is no cluster. */
export async function recordedProvider(paths: StatePaths): Promise<Provider | undefined> {
  const name = await recordedName(paths)
  return name && make(name, paths)
}

export async function forgetProvider(paths: StatePaths): Promise<void> {
  await rm(recordIn(paths), { force: true })
}

async function recordedName(paths: StatePaths): Promise<ProviderName | undefined> {
  const text = (await readFile(recordIn(paths), 'utf8').catch(() => '')).trim()
  return providerNames.find((name) => name === text)
}

function make(name: ProviderName, paths: StatePaths): Provider {
  switch (name) {
    case 'native':
      return nativeProvider(paths)
    case 'kind':
      return kindProvider(paths)
  }
}
