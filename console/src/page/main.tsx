// The page's beginning.
import { render } from 'preact'
import { App } from './app.tsx'
import './console.css'
import { takeKey } from './key.ts'

const place = document.getElementById('app')
takeKey()
if (place) render(<App />, place)
