// Does a gateway with HS256 accept the token, and does no message show the secret?
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from './commands/index.ts'
import { program } from './program.ts'

const secret = 'a secret of thirty-two bytes, or a few more'
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderpipeline-token-'))
  writeFileSync(join(folder, 'secret'), `${secret}\n`)
  writeFileSync(join(folder, 'short'), 'hunter2\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

async function token(file: string, ...args: readonly string[]) {
  const output = { stdout: '', stderr: '' }
  const environment = {
    stdout: { write: (text: string) => ((output.stdout += text), true) },
    stderr: { write: (text: string) => ((output.stderr += text), true) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const fixed = ['--issuer', 'https://issuer.example', '--audience', 'orders']
  const all = ['token', 'kim', '--secret-file', join(folder, file), ...fixed, ...args]
  const code = await program(commands, environment, new AbortController().signal).run(all)
  return { code, ...output }
}

/** As a gateway reads it: with the right signature. */
function claimsOf(text: string): Record<string, unknown> {
  const [header = '', claims = '', signature] = text.split('.')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'HS256' })
  expect(signature).toBe(createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url'))
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
}

describe('orderpipeline token --secret-file', () => {
  it('prints a token of a member of the staff with their scopes, valid for the time that is given', async () => {
    const { code, stdout } = await token('secret', '--scope', 'shop.staff', 'orders:hold', '--for', '30m')
    expect(code).toBe(0)
    const claims = claimsOf(stdout.trim())
    expect(claims).toMatchObject({ iss: 'https://issuer.example', aud: 'orders', sub: 'kim' })
    expect(claims['scope']).toBe('shop.staff orders:hold')
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(1_800)
  })

  it('prints a token of a customer without a scope', async () => {
    const { stdout } = await token('secret')
    expect(claimsOf(stdout.trim())).not.toHaveProperty('scope')
  })

  it('prints the time at which it expires with --json', async () => {
    const [printed] = JSON.parse((await token('secret', '--json')).stdout) as Record<string, string>[]
    const { exp } = claimsOf(printed?.['token'] ?? '')
    expect(printed).toMatchObject({ customer: 'kim' })
    expect(Date.parse(printed?.['expiresAt'] ?? '') / 1_000 - Number(exp)).toBeLessThan(1)
  })

  it.each([
    ['short', [], 1, '--secret-file: found 7 bytes'],
    ['none', [], 1, 'cannot be read'],
    ['secret', ['--for', '25h'], 2, '--for: found "25h"'],
    ['secret', ['--scope', 'two words'], 2, '--scope: found "two words"'],
  ])('refuses %s %j', async (file, args, expected, text) => {
    const { code, stdout, stderr } = await token(file, ...args)
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).toContain(text)
    expect(stderr).not.toContain('hunter2')
  })
})
