import { join } from 'node:path'

/** The pipeline of `npm start`. */
export const example = join(import.meta.dirname, '..', '..', '..', 'examples', 'shop.yaml')
