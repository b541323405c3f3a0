// Run inside `docker build`, where the image's own Node compiles the programs: node /warm.mjs /app
import { imageUser, warmCompileCache } from './compile-cache.ts'

await warmCompileCache({ app: process.argv[2] ?? '/app', node: process.execPath, user: imageUser })
