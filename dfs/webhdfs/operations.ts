/**
 * WebHDFS as data: every operation of HDFS's REST interface, `http://host:port/webhdfs/v1/<path>?op=<NAME>&…`. Server and
 * client both go by this table.
 */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Status of a success. */
  readonly success: 200 | 201
  /**
   * Bytes are moved by a second request: the first is answered with where it goes, as 307 with a Location, or as 200 with
   * `{"Location": …}` where `noredirect=true` was given.
   */
  readonly redirects?: true
}

const get: Operation = { method: 'GET', success: 200 }
const put: Operation = { method: 'PUT', success: 200 }
const post: Operation = { method: 'POST', success: 200 }
const remove: Operation = { method: 'DELETE', success: 200 }

export const operations = {
  OPEN: { ...get, redirects: true },
  GETFILESTATUS: get,
  LISTSTATUS: get,
  LISTSTATUS_BATCH: get,
  GETCONTENTSUMMARY: get,
  GETQUOTAUSAGE: get,
  GETFILECHECKSUM: { ...get, redirects: true },
  GETHOMEDIRECTORY: get,
  GETTRASHROOT: get,
  GETSERVERDEFAULTS: get,
  GETSTATUS: get,
  GETFILEBLOCKLOCATIONS: get,
  /** What older Java clients ask instead; its answer is HDFS's `LocatedBlocks`. */
  GET_BLOCK_LOCATIONS: get,
  CHECKACCESS: get,
  GETFILELINKSTATUS: get,
  GETLINKTARGET: get,
  GETSNAPSHOTDIFF: get,
  GETSNAPSHOTDIFFLISTING: get,
  GETSNAPSHOTTABLEDIRECTORYLIST: get,
  GETSNAPSHOTLIST: get,
  GETACLSTATUS: get,
  GETXATTRS: get,
  LISTXATTRS: get,
  GETALLSTORAGEPOLICY: get,
  GETSTORAGEPOLICY: get,
  GETECPOLICY: get,
  GETECPOLICIES: get,
  GETDELEGATIONTOKEN: get,

  CREATE: { method: 'PUT', success: 201, redirects: true },
  MKDIRS: put,
  CREATESYMLINK: put,
  RENAME: put,
  SETREPLICATION: put,
  SETOWNER: put,
  SETPERMISSION: put,
  SETTIMES: put,
  ALLOWSNAPSHOT: put,
  DISALLOWSNAPSHOT: put,
  CREATESNAPSHOT: put,
  RENAMESNAPSHOT: put,
  SETQUOTA: put,
  SETQUOTABYSTORAGETYPE: put,
  MODIFYACLENTRIES: put,
  REMOVEACLENTRIES: put,
  REMOVEDEFAULTACL: put,
  REMOVEACL: put,
  SETACL: put,
  SETXATTR: put,
  REMOVEXATTR: put,
  SETSTORAGEPOLICY: put,
  SATISFYSTORAGEPOLICY: put,
  ENABLEECPOLICY: put,
  DISABLEECPOLICY: put,
  SETECPOLICY: put,
  RENEWDELEGATIONTOKEN: put,
  CANCELDELEGATIONTOKEN: put,

  APPEND: { ...post, redirects: true },
  CONCAT: post,
  TRUNCATE: post,
  UNSETSTORAGEPOLICY: post,
  UNSETECPOLICY: post,

  DELETE: remove,
  DELETESNAPSHOT: remove,
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** What all paths of the interface begin with. */
export const WEBHDFS_PREFIX = '/webhdfs/v1'

/**
 * The Server header of quern's answers. Its files are to be seen once they are whole and not before, which no other HDFS
 * promises: a client may rely on it where it reads this.
 */
export const SERVER_NAME = 'quern'
