// Which queries about orders are open to other packages than the orders service?
export { ordersOfCustomer, type OrderSummary } from './customer.ts'
export { isFinal, type Told } from './final.ts'
export { orderById, statusesById, type OrderView, type StatusView } from './orders.ts'
export { isSettled, isTerminal, progressOf, type OrderProgress, type Step } from './progress.ts'
export { doneAt, steps, stepsDone, type StepsDone } from './steps.ts'
export { stockPage, type StockView } from './stock.ts'
export { availabilities, productBySku, productPage, productsChannel, type Product } from './products.ts'
