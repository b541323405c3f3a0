// Which programs and files go into which image?

/** An image as data. Paths of sources are relative to the root of the repository, destinations to /app in the image. */
export interface ImageDefinition {
  /** Short name: the Docker target, and the folder of its bundle. */
  readonly name: string
  /** Repository of the image, without tag. */
  readonly repository: string
  /** Program name → its entry file; becomes /app/<program>.mjs. */
  readonly programs: Readonly<Record<string, string>>
  /** Folder under /app → folder copied there as it is. */
  readonly folders: Readonly<Record<string, string>>
}

const stages = ['orders', 'inventory', 'payment', 'notification'] as const
const schemaOwners = [...stages, 'payment-provider'] as const

export const servicesImage: ImageDefinition = {
  name: 'services',
  repository: 'orderpipeline/services',
  programs: {
    ...Object.fromEntries(['gateway', ...schemaOwners].map((name) => [name, `services/${name}/src/main.ts`])),
    migrate: 'services/migrate/src/main.ts',
  },
  folders: Object.fromEntries(schemaOwners.map((name) => [`migrations/${name}`, `services/${name}/migrations`])),
}

export const operatorImage: ImageDefinition = {
  name: 'operator',
  repository: 'orderpipeline/operator',
  programs: { operator: 'operator/src/main.ts' },
  folders: {},
}

export const imageDefinitions: readonly ImageDefinition[] = [servicesImage, operatorImage]
