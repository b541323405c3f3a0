// Which example pipelines are the shop with something more, and what is it? `npm run generate`
// writes them from shop.yaml and the stages in the folders, comments included. Pure.

/** Texts of shop.yaml that are others; each stands there exactly once. */
type Replacement = readonly [text: string, by: string]

export interface ShopVariant extends VariantParts {
  /** Below examples/. */
  readonly file: string
  /** Its head comment, without the marks of a comment; one item a line. */
  readonly head: readonly string[]
}

interface VariantParts {
  readonly replacements?: readonly Replacement[]
  /** Stages of the shop with the topic that each consumes besides its own. */
  readonly consumes?: Readonly<Record<string, string>>
  /** Items of spec.topics behind those of the shop, each with its comment. */
  readonly topics?: readonly string[]
  /** Files below examples/ whose stage follows the stages of the shop. */
  readonly stages?: readonly string[]
}

function shard(name: string): ShopVariant {
  return {
    file: `sharded/${name}.yaml`,
    head: [`The shop of the ${name}: the shop with a database of its own. route.yaml leads its customers to it.`],
    replacements: [
      ['  name: shop\n', `  name: ${name}\n`],
      ['shop-postgres', `${name}-postgres`],
      ['    service: { type: NodePort, nodePort: 30080 }\n', ''],
    ],
  }
}

/** Each stage consumes one topic more at most: those of `consumes` have stages of their own. */
function together(...parts: readonly VariantParts[]): VariantParts {
  return {
    replacements: parts.flatMap(({ replacements = [] }) => replacements),
    consumes: Object.assign({}, ...parts.map(({ consumes = {} }) => consumes)) as Readonly<Record<string, string>>,
    topics: parts.flatMap(({ topics = [] }) => topics),
    stages: parts.flatMap(({ stages = [] }) => stages),
  }
}

const holds: VariantParts = {
  replacements: [
    [
      '        - { topic: shipping.updated }\n      emits:\n',
      '        - { topic: shipping.updated }\n        - { topic: orders.holds }\n      emits:\n',
    ],
    [
      'consumes: [{ topic: inventory.updated }, { topic: orders.cancelled }]\n',
      'consumes: [{ topic: payment.cleared }, { topic: orders.cancelled }] # only reservations that may be charged\n',
    ],
  ],
  topics: ['name: orders.holds', 'name: payment.cleared'],
  stages: ['fraud-check/holds.yaml'],
}

const refunds: VariantParts = {
  consumes: {
    orders: 'payment.adjusted',
    inventory: 'orders.refunds',
    payment: 'orders.refunds',
    notification: 'payment.adjusted',
  },
  replacements: [
    [
      '    service: { type: NodePort, nodePort: 30080 }\n',
      '    emits: [{ topic: orders.placed }, { topic: orders.refunds }]\n    service: { type: NodePort, nodePort: 30080 }\n',
    ],
    [
      '        - { topic: orders.status }\n      concurrency: 10 # messages in hand per replica\n',
      '        - { topic: orders.status }\n        - { topic: orders.refunds }\n      concurrency: 10 # messages in hand per replica\n',
    ],
    ['emits: [{ topic: payment.processed }]\n', 'emits: [{ topic: payment.processed }, { topic: payment.adjusted }]\n'],
  ],
  topics: ['name: orders.refunds', 'name: payment.adjusted'],
}

/** `lookSeconds`: the pause between two status requests for a parcel on its way. */
function carrier(lookSeconds: number): VariantParts {
  const scaling = '      scaling: { minReplicas: 2, maxReplicas: 20, drainSeconds: 15 }\n'
  const variables = `      env:
        - { name: CARRIER_URL, value: "http://simulated-carrier:8080" }
        - { name: CARRIER_LOOK_SECONDS, value: "${lookSeconds}" } # a real carrier is asked every 300 s
`
  return { replacements: [[scaling, scaling + variables]] }
}

export const shopVariants: readonly ShopVariant[] = [
  {
    file: 'shop-extended.yaml',
    head: [
      'The shop with two stages that a team has brought: a fraud check (fraud-check/, whose tables.yaml comes first) and recommendations',
      '(recommendations/), which the notification stage mails. Everything else is as in shop.yaml; a test compares them.',
    ],
    consumes: { notification: 'products.recommended' },
    topics: [
      'name: products.recommended',
      "name: orders.suspected # nobody of the shop reads it: the shop's people do, or a stage of theirs",
    ],
    stages: ['fraud-check/stage.yaml', 'recommendations/stage.yaml'],
  },
  {
    file: 'shop-holds.yaml',
    head: [
      'The shop that holds suspected orders before they are charged (docs/guides/holds.md): a fraud check that a team has brought (fraud-check/,',
      'whose tables.yaml comes first) is between inventory and payment. Everything else is as in shop.yaml; a test compares them.',
    ],
    ...holds,
  },
  {
    file: 'shop-stock.yaml',
    head: [
      'The shop with its stock made known: the inventory publishes how much there is (docs/guides/stock.md), products say whether they are there,',
      'and a warehouse that a team has brought (warehouse/, whose tables.yaml comes first) orders what runs low. Everything else is as in',
      'shop.yaml; a test compares them.',
    ],
    consumes: { orders: 'inventory.stock', inventory: 'warehouse.deliveries' },
    replacements: [
      [
        `      emits: [{ topic: inventory.updated }]
      concurrency: 10
      workSeconds: 0.02
      scaling: { minReplicas: 5, maxReplicas: 25, drainSeconds: 15 }
`,
        `      emits: [{ topic: inventory.updated }, { topic: inventory.stock }]
      concurrency: 10
      workSeconds: 0.02
      scaling: { minReplicas: 5, maxReplicas: 25, drainSeconds: 15 }
      env:
        - { name: INVENTORY_STOCK_EVENTS, value: "on" }
        - { name: INVENTORY_LOW_STOCK_BELOW, value: "10" } # pieces; stock.low_below says it of one product
`,
      ],
    ],
    topics: ['name: inventory.stock # keyed by SKU, like the next', 'name: warehouse.deliveries'],
    stages: ['warehouse/stage.yaml'],
  },
  {
    file: 'shop-invoices.yaml',
    head: [
      'The shop with invoices, by a stage that a team has brought (invoices/, whose tables.yaml comes first). Everything else is as in',
      'shop.yaml; a test compares them.',
    ],
    topics: ['name: invoices.issued'],
    stages: ['invoices/stage.yaml'],
  },
  {
    file: 'shop-refunds.yaml',
    head: [
      'The shop with what may happen to a payment after it was made: refunds of parts by staff and of parcels that come back, and chargebacks',
      '(docs/guides/payment.md). Everything else is as in shop.yaml; a test compares them.',
    ],
    ...refunds,
  },
  {
    file: 'shop-whole.yaml',
    head: [
      'The shop with all that may happen to an order (docs/guides/life-of-an-order.md): the holds of shop-holds.yaml, the refunds of',
      'shop-refunds.yaml, and parcels of a simulated carrier. Everything else is as in shop.yaml; a test compares them.',
    ],
    ...together(holds, refunds, carrier(5)),
  },
  {
    file: 'shop-carts.yaml',
    head: [
      'The shop with recommendations (recommendations/) and reminders of abandoned carts (carts/, whose tables.yaml and Secret come first),',
      'which the notification stage sends to customers who have agreed. Everything else is as in shop.yaml; a test compares them.',
    ],
    consumes: { notification: 'carts.abandoned' },
    topics: ['name: products.recommended', 'name: shop.browsing', 'name: carts.abandoned'],
    stages: ['recommendations/stage.yaml', 'carts/stage.yaml'],
  },
  shard('north'),
  shard('south'),
]

/**
 * `stages`: the texts of the stages by file. @throws where shop.yaml has no place for a change
 */
export function variantText(variant: ShopVariant, shop: string, stages: ReadonlyMap<string, string>): string {
  const { head, replacements = [], consumes = {}, topics = [], stages: files = [] } = variant
  const added: readonly Replacement[] = [
    ['  stages:\n', `${topics.map((topic) => `    - ${topic}\n`).join('')}  stages:\n`],
    ['  deletionPolicy:', `${files.map((file) => listItem(stages.get(file) ?? '')).join('')}  deletionPolicy:`],
  ]
  const body = withoutHead(shop)
  const text = [...replacements, ...added].reduce((before, [from, to]) => {
    if (before.split(from).length !== 2) throw new Error(`shop.yaml has not exactly once ${JSON.stringify(from)}`)
    return before.replace(from, () => to)
  }, body)
  const complete = Object.entries(consumes).reduce((before, change) => consuming(before, ...change), text)
  return [...head.map((line) => `# ${line}\n`), complete].join('')
}

/** The topic follows those that the stage consumes in the shop, in a list with one item a line. */
function consuming(text: string, stage: string, topic: string): string {
  const list = new RegExp(`(?<=    - name: ${stage}\\n      consumes:).*\\n(?:        - .*\\n)*`)
  const topics = [...(list.exec(text)?.[0] ?? '').matchAll(/\{ topic: [^}]* \}/g)].map(([item]) => item)
  if (topics.length === 0) throw new Error(`shop.yaml has no topics that ${stage} consumes`)
  return text.replace(list, `\n${[...topics, `{ topic: ${topic} }`].map((item) => `        - ${item}\n`).join('')}`)
}

function withoutHead(text: string): string {
  return text.replace(/^(?:#.*\n)+/, '')
}

/** An item of spec.stages. */
function listItem(stage: string): string {
  return withoutHead(stage)
    .replace(/^(?=.)/gm, '      ')
    .replace(/^ {6}/, '    - ')
}
