// How fast is an order checked that comes in by HTTP, and the spec of a pipeline?
import type * as Http from '@orderpipeline/http'
import type * as Operator from '@orderpipeline/operator/pipeline'
import type { ZodType } from 'zod'
import type { MicroCase } from '../case.ts'
import type { Tree } from '../tree.ts'
import { orderBodies } from './orders.ts'
import { operatorSettings, shopPipeline } from './shop.ts'

/** services/gateway/src/api/order-request.ts, which the gateway does not export. */
interface OrderRequests {
  readonly orderBody: (authenticated: boolean) => ZodType
}

type Validate = Pick<typeof Operator, 'validate'>

const bodies = orderBodies(200)
/** Each of them with a quantity that is not allowed and a field that does not exist. */
const wrongBodies = bodies.map((body) => ({ ...body, items: [{ sku: 'SKU-0001', quantity: 0 }], colour: 'red' }))

export const validationCases: readonly MicroCase[] = [
  {
    name: 'validation: order, accepted',
    prepare: async (tree) => {
      const accepts = await orderCheckOf(tree)
      return { operations: bodies.length, run: () => bodies.filter(accepts).length }
    },
  },
  {
    name: 'validation: order, refused',
    prepare: async (tree) => {
      const accepts = await orderCheckOf(tree)
      return { operations: wrongBodies.length, run: () => wrongBodies.filter((body) => !accepts(body)).length }
    },
  },
  {
    name: 'validation: pipeline',
    prepare: async (tree) => {
      const { validate } = await tree.load<Validate>('@orderpipeline/operator/pipeline', ['validate'])
      const specs = Array.from({ length: 50 }, () => shopPipeline().spec)
      return {
        operations: specs.length,
        run: () => specs.filter((spec) => validate(spec, operatorSettings).length === 0).length,
      }
    },
  },
]

/** As the gateway does it: a refusal is an error that names the fields. */
async function orderCheckOf(tree: Tree): Promise<(body: object) => boolean> {
  const { parsed: validated } = await tree.load<Pick<typeof Http, 'parsed'>>('@orderpipeline/http', ['parsed'])
  const { orderBody } = await tree.load<OrderRequests>('services/gateway/src/api/order-request.ts', ['orderBody'])
  const schema = orderBody(false)
  return (body) => {
    try {
      return validated(schema, body) !== undefined
    } catch {
      return false
    }
  }
}
