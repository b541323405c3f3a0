// How do tests and other programs run a gateway?
export { buildApp, type AppOptions } from './app.ts'
export { gatewayConfig, type GatewayConfig } from './config.ts'
export { startGateway, type Gateway } from './server.ts'
