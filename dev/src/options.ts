// Which options does `orderpipeline dev` have? They are checked here. Pure.
import { CommandError } from '@orderpipeline/cli/embedding'
import type { DevArguments } from '@orderpipeline/cli/embedding'

/**
 * `shop`: with what a shop has from outside (decide/shop-profile.ts); `plain`: as the file says,
 * and nothing else.
 */
export const profiles = ['shop', 'plain'] as const
export type Profile = (typeof profiles)[number]

export interface DevOptions {
  /** The first holds the pipeline; others may hold Secrets and Jobs. */
  readonly files: readonly string[]
  /** Commands by the name of a stage or a Job. */
  readonly run: ReadonlyMap<string, string>
  readonly fresh: boolean
  readonly maxProcesses: number
  /** Port of the gateway; the Service's nodePort unless given. */
  readonly port: number | undefined
  readonly profile: Profile
  /** What it prints once it works is for a program. */
  readonly json: boolean
  /** The console may be opened in the browser, where there is a desktop. */
  readonly open: boolean
  /** Who runs it, for records of who did what. */
  readonly user?: string | undefined
}

/** @throws CommandError that names the option, what was found and what is allowed */
export function checkedOptions(rawOptions: DevArguments): DevOptions {
  const { file, run = [], fresh, maxProcesses, port, profile, json, open } = rawOptions
  return {
    files: file,
    run: new Map(run.map(command)),
    fresh: fresh ?? false,
    maxProcesses: wholeNumber('--max-processes', maxProcesses, 1, 10_000),
    port: port === undefined ? undefined : wholeNumber('--port', port, 1, 65_535),
    profile: checkedProfile(profile),
    json: json ?? false,
    open: open && json === undefined,
  }
}

function checkedProfile(text: string): Profile {
  const profile = profiles.find((each) => each === text)
  if (profile) return profile
  throw new CommandError(`--profile: found ${JSON.stringify(text)}; allowed: ${profiles.join(', ')}`)
}

function command(text: string): readonly [string, string] {
  const [, name, line] = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)=(.*\S.*)$/s.exec(text) ? splitAt(text) : []
  if (name !== undefined && line !== undefined) return [name, line]
  throw new CommandError(
    `--run: found ${JSON.stringify(text)}; allowed: <stage>=<command>, such as audit='node audit.mjs'`,
  )
}

function splitAt(text: string): readonly [string, string, string] {
  const at = text.indexOf('=')
  return [text, text.slice(0, at), text.slice(at + 1)]
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new CommandError(`${option}: found ${JSON.stringify(text)}; allowed: a whole number from ${least} to ${most}`)
}
