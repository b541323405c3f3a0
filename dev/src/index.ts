// What runs a pipeline on this machine? `dev`, for the command of that name.
export { dev } from './dev.ts'
