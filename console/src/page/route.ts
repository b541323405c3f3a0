// Which address shows which view? Both ways, so that every view is a link that a colleague can
// open. Pure.

export type Route =
  | { readonly view: 'home' }
  | { readonly view: 'pipeline'; readonly pipeline: string }
  | { readonly view: 'scaling'; readonly pipeline: string; readonly part?: string; readonly minutes: number }
  | { readonly view: 'orders'; readonly pipeline: string; readonly id?: string }
  | { readonly view: 'dead-letters'; readonly pipeline: string }
  | { readonly view: 'unknown' }

/** Of the scaling view. */
export const ranges = [10, 30, 120] as const
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
    const asked = Number(new URLSearchParams(query).get('minutes'))
    const minutes = ranges.find((range) => range === asked) ?? usualMinutes
    return { view, pipeline, minutes, ...(last === undefined ? {} : { part: last }) }
  }
  if (view === 'orders') return { view, pipeline, ...(last === undefined ? {} : { id: last }) }
  if (view === 'dead-letters' && last === undefined) return { view, pipeline }
  return { view: 'unknown' }
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
      return `${base}/orders${route.id === undefined ? '' : `/${encodeURIComponent(route.id)}`}`
    case 'dead-letters':
      return `${base}/dead-letters`
  }
}

export const scalingPath = (pipeline: string, part: string): string =>
  pathOf({ view: 'scaling', pipeline, part, minutes: usualMinutes })
