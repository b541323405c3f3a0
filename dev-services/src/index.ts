// How do tests run the development services, and how do others name them?
export { devServicesConfig, type DevServicesConfig } from './config.ts'
export { startDevServices, type DevServices } from './server.ts'
