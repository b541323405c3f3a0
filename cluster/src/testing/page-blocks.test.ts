import { expect, it } from 'vitest'
import { formOf, shownOn } from './page-blocks.ts'

const page = `
Start it with \`npm start\`:

\`\`\`
npm start   # the shop
npm run load -- --rate 5/min \\
  --for 3s
\`\`\`

\`\`\`
sent  5
\`\`\`

It is shown by \`npm run
watch\`:

\`\`\`
LAG  5
\`\`\`

Wrong:

\`\`\`
is invalid
\`\`\`

\`\`\`
npm start     works, s
a fresh clone       41
\`\`\`

\`\`\`sh
docker push x
\`\`\`

\`\`\`yaml
kind: Shop
\`\`\`
`

it('finds the commands of a page without their comments, and lines that continue as one', () => {
  expect(shownOn(page).commands).toEqual(['npm start', 'npm run load -- --rate 5/min --for 3s', 'docker push x'])
  expect(shownOn(page).inline).toEqual(['npm start', 'npm run watch'])
})

it('names for each output the command above it, of the prose or of the block before', () => {
  expect(shownOn(page).outputs).toEqual([
    { text: 'sent  5\n', of: 'npm run load -- --rate 5/min --for 3s' },
    { text: 'LAG  5\n', of: 'npm run watch' },
    { text: 'is invalid\n', of: undefined },
    { text: 'npm start     works, s\na fresh clone       41\n', of: undefined },
  ])
})

it('compares lines without their figures', () => {
  expect(formOf('  p50 65 ms  p95 469 ms')).toBe(formOf('p50 19s  p95 1001 ms'))
  expect(formOf('payment  4,504  5/74  5-100  5.5  13m39s')).toBe(formOf('payment 0 2/2 1-2 - -'))
  expect(formOf('lost 0')).not.toBe(formOf('doubled 0'))
})
