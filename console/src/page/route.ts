// Which address shows which view? Both ways, so that every view is a link that a colleague can
// open. Pure.
import { filterIn, filterQuery } from '../model/dead-letter-filter.ts'
import type { DeadLetterFilter } from '../model/dead-letter-filter.ts'
import { longRanges } from '../model/long-range.ts'
import { questionIn, queryOf } from '../model/what-if.ts'
import type { WhatIfRequest } from '../model/what-if.ts'

export type Route =
  | { readonly view: 'home' }
  | { readonly view: 'pipeline'; readonly pipeline: string }
  | { readonly view: 'scaling'; readonly pipeline: string; readonly part?: string; readonly minutes: number }
  | { readonly view: 'orders'; readonly pipeline: string; readonly id?: string; readonly customer?: string }
  | { readonly view: 'stock'; readonly pipeline: string; readonly sku?: string }
  | { readonly view: 'dead-letters'; readonly pipeline: string; readonly filter?: DeadLetterFilter }
  | { readonly view: 'try'; readonly pipeline: string }
  | { readonly view: 'what-if'; readonly pipeline: string; readonly question?: WhatIfRequest }
  | { readonly view: 'unknown' }

/** Ranges of the scaling view that the console's own history has, in minutes. */
export const ranges = [10, 30, 120] as const
const allRanges = [...ranges, ...longRanges.map(({ minutes }) => minutes)]
const usualMinutes = 30

/** `pipeline` is `<namespace>/<name>`. */
export function routeOf(path: string, query = ''): Route {
  const [root, namespace, name, view, last, ...more] = path.split('/').filter(Boolean).map(decodeURIComponent)
  if (root === undefined) return { view: 'home' }
  if (root !== 'pipelines' || namespace === undefined || name === undefined || more.length > 0)
    return { view: 'unknown' }
  const pipeline = `${namespace}/${name}`
  if (view === undefined) return { view: 'pipeline', pipeline }
  if (view === 'scaling') {
    const requestedMinutes = Number(new URLSearchParams(query).get('minutes'))
    const minutes = allRanges.find((range) => range === requestedMinutes) ?? usualMinutes
    return { view, pipeline, minutes, ...(last === undefined ? {} : { part: last }) }
  }
  if (view === 'orders') {
    const customer = new URLSearchParams(query).get('customer')
    if (last !== undefined) return { view, pipeline, id: last }
    return { view, pipeline, ...(customer === null ? {} : { customer }) }
  }
  if (view === 'stock' && last === undefined) {
    const sku = new URLSearchParams(query).get('sku')
    return { view, pipeline, ...(sku === null ? {} : { sku }) }
  }
  if (view === 'what-if' && last === undefined) {
    const question = questionFrom(query)
    return { view, pipeline, ...(question && { question }) }
  }
  if (view === 'dead-letters' && last === undefined) {
    const filter = filterIn(new URLSearchParams(query))
    return { view, pipeline, ...(Object.keys(filter).length > 0 ? { filter } : {}) }
  }
  if (view === 'try' && last === undefined) return { view, pipeline }
  return { view: 'unknown' }
}

/** A query with a wrong question counts as one without: the form starts empty. */
function questionFrom(query: string): WhatIfRequest | undefined {
  try {
    return questionIn(new URLSearchParams(query))
  } catch {
    return undefined
  }
}

export function pathOf(route: Route): string {
  if (route.view === 'home' || route.view === 'unknown') return '/'
  const base = `/pipelines/${route.pipeline.split('/').map(encodeURIComponent).join('/')}`
  switch (route.view) {
    case 'pipeline':
      return base
    case 'scaling': {
      const part = route.part === undefined ? '' : `/${encodeURIComponent(route.part)}`
      return `${base}/scaling${part}${route.minutes === usualMinutes ? '' : `?minutes=${route.minutes}`}`
    }
    case 'orders':
      if (route.id !== undefined) return `${base}/orders/${encodeURIComponent(route.id)}`
      return `${base}/orders${route.customer === undefined ? '' : `?customer=${encodeURIComponent(route.customer)}`}`
    case 'stock':
      return `${base}/stock${route.sku === undefined ? '' : `?sku=${encodeURIComponent(route.sku)}`}`
    case 'what-if':
      return `${base}/what-if${route.question === undefined ? '' : `?${queryOf(route.question)}`}`
    case 'dead-letters': {
      const query = filterQuery(route.filter ?? {})
      return `${base}/dead-letters${query === '' ? '' : `?${query}`}`
    }
    case 'try':
      return `${base}/try`
  }
}

export function scalingPath(pipeline: string, part: string): string {
  return pathOf({ view: 'scaling', pipeline, part, minutes: usualMinutes })
}
