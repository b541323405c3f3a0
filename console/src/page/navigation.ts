// How does the page move from view to view without loading again? Links are ordinary ones; a click
// on one of ours changes the address.
import { useEffect, useState } from 'preact/hooks'
import { routeOf } from './route.ts'
import type { Route } from './route.ts'

function here(): Route {
  return routeOf(location.pathname, location.search)
}

export function go(path: string): void {
  history.pushState(undefined, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}

export function useRoute(): Route {
  const [route, setRoute] = useState(here)
  useEffect(() => {
    const onPopState = (): void => setRoute(here())
    const onClick = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest('a') : null
      const path = link?.getAttribute('href')
      if (!path?.startsWith('/') || event.button !== 0 || event.defaultPrevented) return
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      go(path)
    }
    addEventListener('popstate', onPopState)
    addEventListener('click', onClick)
    return () => {
      removeEventListener('popstate', onPopState)
      removeEventListener('click', onClick)
    }
  }, [])
  return route
}
