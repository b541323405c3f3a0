import { expect, it } from 'vitest'
import { publishedSum } from './sums.ts'

function sum(digit: string) {
  return digit.repeat(64)
}

it('a file with only the checksum is read, as Kubernetes publishes it', () => {
  expect(publishedSum(sum('a'), 'kubelet')).toBe(sum('a'))
  expect(publishedSum(`${sum('A')}\n`, 'kubelet')).toBe(sum('a'))
})

it('a line of sha256sum is read, with a path or the mark of a binary file', () => {
  const text = `${sum('a')}  k6-v1-linux-arm64.tar.gz\n${sum('b')} *dist/k6-v1-linux-amd64.tar.gz\n`
  expect(publishedSum(text, 'k6-v1-linux-amd64.tar.gz')).toBe(sum('b'))
})

it('no checksum is found if the file is not named or the text has no checksums', () => {
  expect(publishedSum(`${sum('a')}  another\n`, 'helm')).toBeUndefined()
  expect(publishedSum(`${sum('a')}\n${sum('b')}\n`, 'helm')).toBeUndefined()
  expect(publishedSum('<html>Not found</html>', 'helm')).toBeUndefined()
  expect(publishedSum('abc', 'helm')).toBeUndefined()
})
