import { type Disk, realDisk } from './disk.ts'

/** What the DFS takes from the machine. Decisions that depend on time or chance get them from here, never from globals. */
export interface Env {
  readonly disk: Disk
  /** Milliseconds since the epoch. Only for times a person sees, never for deciding that someone is dead. */
  now(): number
  /** 0 <= x < 1. */
  random(): number
}

export const realEnv: Env = { disk: realDisk, now: Date.now, random: Math.random }
