// Which dashboards are there?
import { grafanaJson } from './dashboard.ts'
import type { Dashboard } from './dashboard.ts'
import { pipeline, stage } from './pipeline.ts'
import { database, gateway, operator } from './platform.ts'
import { shop } from './shop.ts'

export type { Dashboard }
export const descriptions: readonly Dashboard[] = [pipeline, stage, shop, gateway, database, operator]
export const dashboards = descriptions.map((each) => ({ uid: each.uid, json: grafanaJson(each) }))
