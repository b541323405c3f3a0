// The least that accepts an order by HTTP: a Fastify handler that parses the body and keeps
// nothing. GET /accepted says how many it has answered.
import { fastify } from 'fastify'

let accepted = 0
const app = fastify()
app.get('/accepted', () => ({ accepted }))
app.post('/v1/orders', (_request, reply) => {
  accepted += 1
  return reply.code(202).send({ orderId: '019dd000-0000-7000-8000-000000000000', status: 'PLACED' })
})
await app.listen({ port: Number(process.env['HTTP_PORT']), host: '127.0.0.1' })
process.once('SIGTERM', () => void app.close())
