// Which programs and files go into which image?
import { builtInStageNames } from '@orderpipeline/order-events'

/**
 * An image as data. Paths of sources are relative to the root of the repository, destinations to
 * /app in the image.
 */
export interface ImageDefinition {
  /** Short name: the Docker target, and the folder of its bundle. */
  readonly name: string
  /** Repository of the image, without tag. */
  readonly repository: string
  /**
   * Program name → its entry file; becomes /app/<program>.mjs. In a folder are files that programs
   * run as threads.
   */
  readonly programs: Readonly<Record<string, string>>
  /** Folder under /app → folder copied there as it is. */
  readonly folders: Readonly<Record<string, string>>
  /**
   * Program name → a module whose function `code` makes code that runs before the program: what is
   * made from sources that the program cannot read in the image.
   */
  readonly preludes?: Readonly<Record<string, string>>
  /** What the image runs without arguments; its only program unless given. */
  readonly command?: string
  /** A second tag that is the same for every content: for a name in people's files. */
  readonly alias?: string
}

/** What the image runs without arguments: its program, when it has just one or names one. */
export function defaultCommand({ programs, command }: ImageDefinition): readonly string[] | undefined {
  if (command !== undefined) return [`/app/${command}.mjs`]
  const [only, ...others] = Object.keys(programs)
  return only === undefined || others.length > 0 ? undefined : [`/app/${only}.mjs`]
}

/** Every name of an image with this content. */
export function namesOf({ repository, alias }: ImageDefinition, tag: string): readonly string[] {
  return [tag, ...(alias === undefined ? [] : [alias])].map((each) => `${repository}:${each}`)
}

const schemaOwners = [...builtInStageNames, 'payment-provider'] as const

export const servicesImage: ImageDefinition = {
  name: 'services',
  repository: 'orderpipeline/services',
  programs: {
    ...Object.fromEntries(['gateway', ...schemaOwners].map((name) => [name, `services/${name}/src/main.ts`])),
    migrate: 'services/migrate/src/main.ts',
    'forget-customer': 'services/migrate/src/forget-main.ts',
    'recover-orders': 'services/orders/src/recovery/recover-main.ts',
    'republish-events': 'services/migrate/src/republish/republish-main.ts',
    restock: 'services/inventory/src/restock-main.ts',
    'simulated-carrier': 'services/shipping/src/simulated-carrier/main.ts',
    'dev-services': 'dev-services/src/main.ts',
    'detach-month': 'services/orders/src/months/detach-main.ts',
  },
  folders: {
    ...Object.fromEntries(schemaOwners.map((name) => [`migrations/${name}`, `services/${name}/migrations`])),
    'migrations/kit-stage': 'packages/stage/migrations',
  },
}

export const operatorImage: ImageDefinition = {
  name: 'operator',
  repository: 'orderpipeline/operator',
  programs: {
    operator: 'operator/src/main.ts',
    console: 'console/src/main.ts',
    // A file of a thread: it is in a folder, as no program is.
    'threads/what-if': 'console/src/what-if/worker.ts',
  },
  preludes: { console: 'console/src/page-files.ts' },
  command: 'operator',
  folders: {},
}

/** The smallest example of a user's own stage. */
export const orderAuditImage: ImageDefinition = {
  name: 'order-audit',
  repository: 'orderpipeline/order-audit',
  programs: { audit: 'examples/order-audit/audit.mjs' },
  folders: {},
  alias: 'example',
}

/** The example of a stage with tables of its own. */
export const fraudCheckImage: ImageDefinition = {
  name: 'fraud-check',
  repository: 'orderpipeline/fraud-check',
  programs: { 'fraud-check': 'examples/fraud-check/src/main.ts' },
  folders: {},
  alias: 'example',
}

/** The example of a stage that exchanges events with the shop in both directions. */
export const warehouseImage: ImageDefinition = {
  name: 'warehouse',
  repository: 'orderpipeline/warehouse',
  programs: { warehouse: 'examples/warehouse/src/main.ts' },
  folders: {},
  alias: 'example',
}

/** The example of a stage with commands of its own. */
export const invoicesImage: ImageDefinition = {
  name: 'invoices',
  repository: 'orderpipeline/invoices',
  programs: { invoices: 'examples/invoices/src/main.ts' },
  folders: {},
  alias: 'example',
}

/** The example of a stage that a storefront calls. */
export const cartsImage: ImageDefinition = {
  name: 'carts',
  repository: 'orderpipeline/carts',
  programs: { carts: 'examples/carts/src/main.ts' },
  folders: {},
  alias: 'example',
}

export const imageDefinitions: readonly ImageDefinition[] = [
  servicesImage,
  operatorImage,
  orderAuditImage,
  fraudCheckImage,
  warehouseImage,
  invoicesImage,
  cartsImage,
]
