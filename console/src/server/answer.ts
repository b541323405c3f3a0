// What does the API answer with, where something is found and where not?
import type { CommandError } from '@orderpipeline/client'

export interface HttpAnswer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

export function problem(status: number, message: string): HttpAnswer {
  return { status, body: { message } }
}

/** As the gateway, or the API server in between, has answered. */
export function statusOf({ message }: CommandError): number {
  const status = Number(/ answered (\d{3}) /.exec(message)?.[1])
  return status === 401 || status === 403 ? status : 502
}

export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
