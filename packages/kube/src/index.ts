// What does a program need to speak to a Kubernetes API server? Requests with a deadline, the lines
// of a watch, and errors that say whether to try again.
export { ApiError, ConnectionError, isConflict, isNotFound } from './errors.ts'
export { allowPlainHttp } from './plain-http.ts'
export { transport, type Call, type CallObserver, type Transport, type TransportOptions } from './transport.ts'
