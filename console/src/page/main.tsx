// The page's beginning.
import { render } from 'preact'
import { takeKey } from './actions.ts'
import { App } from './app.tsx'
import './console.css'

const place = document.getElementById('app')
takeKey()
if (place) render(<App />, place)
