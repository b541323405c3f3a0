import { expect, test } from 'vitest'
import { mountsBelow } from './mounts.ts'

function line(point: string) {
  return `36 35 98:0 / ${point} rw,noatime - ext4 /dev/root rw`
}

test('inner mounts come before the mounts below them', () => {
  const info = ['/', '/run/opl', '/run/opl/a', '/run/opl/a/b', '/run/oplx'].map(line).join('\n')
  expect(mountsBelow(['/run/opl'], info)).toEqual(['/run/opl/a/b', '/run/opl/a', '/run/opl'])
})

test('a directory with a space is found again', () => {
  expect(mountsBelow(['/home/a b'], line('/home/a\\040b/kubelet'))).toEqual(['/home/a b/kubelet'])
})
