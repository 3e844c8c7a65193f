import type { Dfs } from '../../client/dfs.ts'
import * as parameter from './dictionary.ts'
import { WebHdfsFailure } from './failure.ts'
import { take } from './parameter.ts'
import type { Query } from './query.ts'

export interface Identities {
  /** Whom a request without `user.name` is made as. */
  readonly defaultUser: string
  /** May be another by `doas`. */
  readonly isSuperuser: (user: string) => boolean | Promise<boolean>
}

/** Whom the request is made as: `user.name` is believed, as it is in an HDFS without Kerberos. */
export async function userOf(query: Query, { defaultUser, isSuperuser }: Identities): Promise<string> {
  const user = take(query, parameter.userName) ?? defaultUser
  const other = take(query, parameter.doAs)
  if (other === undefined || other === user) return user
  if (await isSuperuser(user)) return other
  throw new WebHdfsFailure('authorization', `User: ${user} is not allowed to impersonate ${other}`)
}

/** Where nobody says who is a superuser: the one to whom the root belongs. */
export const ownsTheRoot =
  (dfs: Dfs) =>
  async (user: string): Promise<boolean> =>
    (await dfs.stat('/')).owner === user
