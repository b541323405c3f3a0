// What is the answer where there is no route? 404 for a path that is not served, 405 with `Allow`
// for a method that a path does not have, and 204 with `Allow` for OPTIONS.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HttpProblemError } from './problem.ts'

interface Served {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** Call it before the first route. `preflight`: answers what browsers may send to a path. */
export function answerOtherMethods(
  app: FastifyInstance,
  preflight: (request: FastifyRequest, reply: FastifyReply, methods: readonly string[]) => void,
): void {
  const entries = new Map<string, Served>()
  app.addHook('onRoute', ({ url, method }) => {
    const entry = entries.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const one of [method].flat()) entry.methods.add(one)
    entries.set(url, entry)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = [...entries.values()].flatMap(({ pattern, methods: all }) => (pattern.test(path) ? [...all] : []))
    if (methods.length === 0) {
      const problems = [{ path: 'path', found: shortPath(path), allowed: 'a path that is served' }]
      throw new HttpProblemError(404, 'Not Found', `no route ${request.method} ${shortPath(path)}`, { problems })
    }
    const allowedMethods = [...new Set([...methods, 'OPTIONS'])].sort()
    const allow = allowedMethods.join(', ')
    if (request.method === 'OPTIONS') {
      preflight(request, reply, allowedMethods)
      return reply.code(204).header('allow', allow).send()
    }
    throw new HttpProblemError(405, 'Method Not Allowed', '1 problem in: method', {
      problems: [{ path: 'method', found: request.method, allowed: allow }],
      headers: { allow },
    })
  })
}

/** The pattern of a route's path; a slash at its end makes no difference, as for the router. */
function patternOf(url: string): RegExp {
  const steps = url.split('/').map((step) => (step.startsWith(':') ? '[^/]+' : step.replaceAll('.', String.raw`\.`)))
  return new RegExp(`^${steps.join('/')}/?$`)
}

function shortPath(path: string): string {
  return path.length > 120 ? `${path.slice(0, 120)}…` : path
}
