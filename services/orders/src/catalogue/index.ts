// What does the gateway change of what is sold?
export { removeProduct, saveProduct } from './change-products.ts'
export type { ProductData } from './product-data.ts'
