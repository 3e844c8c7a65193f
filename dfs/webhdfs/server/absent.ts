import * as parameter from './dictionary.ts'
import { type FailureKind, WebHdfsFailure } from './failure.ts'
import { type ServedOperation, served } from './operation.ts'
import { need, type Parameter } from './parameter.ts'

/**
 * Operations of what quern has not: refused as an HDFS refuses them where that feature is switched off, so that clients
 * which try and do without go on.
 */
function refused(
  operation: string,
  kind: FailureKind,
  message: string,
  ...needed: readonly Parameter<string | undefined>[]
): ServedOperation {
  return served(needed, async ({ query }) => {
    for (const one of needed) need(query, one, operation)
    throw new WebHdfsFailure(kind, message)
  })
}

const acl = (operation: string, ...needed: readonly Parameter<string | undefined>[]): ServedOperation =>
  refused(operation, 'acl', 'The ACL operation has been rejected. quern has no ACLs.', ...needed)

const xattr = (operation: string): ServedOperation =>
  refused(
    operation,
    'notThere',
    'The XAttr operation has been rejected. quern has no extended attributes.',
    parameter.xattrName,
  )

const unsupportedOperation = (
  operation: string,
  what: string,
  ...needed: readonly Parameter<string | undefined>[]
): ServedOperation => refused(operation, 'unsupported', `${operation} is not supported: ${what}`, ...needed)

const NO_EC = 'quern has no erasure coding'

export const absent = {
  MODIFYACLENTRIES: acl('MODIFYACLENTRIES', parameter.aclSpec),
  REMOVEACLENTRIES: acl('REMOVEACLENTRIES', parameter.aclSpec),
  REMOVEDEFAULTACL: acl('REMOVEDEFAULTACL'),
  REMOVEACL: acl('REMOVEACL'),
  SETACL: acl('SETACL', parameter.aclSpec),

  SETXATTR: xattr('SETXATTR'),
  REMOVEXATTR: xattr('REMOVEXATTR'),

  SETSTORAGEPOLICY: refused(
    'SETSTORAGEPOLICY',
    'notThere',
    'Failed to set storage policy since quern has no other than HOT.',
    parameter.storagePolicy,
  ),
  UNSETSTORAGEPOLICY: refused(
    'UNSETSTORAGEPOLICY',
    'notThere',
    'Failed to unset storage policy since quern has no other than HOT.',
  ),
  SATISFYSTORAGEPOLICY: refused(
    'SATISFYSTORAGEPOLICY',
    'unsupportedAction',
    'Cannot request to satisfy storage policy: quern has no other than HOT.',
  ),
  SETQUOTABYSTORAGETYPE: unsupportedOperation(
    'SETQUOTABYSTORAGETYPE',
    'quern has one storage type',
    parameter.storageType,
  ),

  ENABLEECPOLICY: unsupportedOperation('ENABLEECPOLICY', NO_EC, parameter.ecPolicy),
  DISABLEECPOLICY: unsupportedOperation('DISABLEECPOLICY', NO_EC, parameter.ecPolicy),
  SETECPOLICY: unsupportedOperation('SETECPOLICY', NO_EC, parameter.ecPolicy),
  UNSETECPOLICY: unsupportedOperation('UNSETECPOLICY', NO_EC),

  CREATESYMLINK: unsupportedOperation('CREATESYMLINK', 'Symlinks not supported', parameter.destination),
  /** A client then asks for the whole difference at once, GETSNAPSHOTDIFF. */
  GETSNAPSHOTDIFFLISTING: unsupportedOperation('GETSNAPSHOTDIFFLISTING', 'GETSNAPSHOTDIFF tells all at once'),

  RENEWDELEGATIONTOKEN: refused(
    'RENEWDELEGATIONTOKEN',
    'invalidToken',
    'quern issues no delegation tokens, so this is none of its own',
    parameter.token,
  ),
  CANCELDELEGATIONTOKEN: refused(
    'CANCELDELEGATIONTOKEN',
    'invalidToken',
    'quern issues no delegation tokens, so this is none of its own',
    parameter.token,
  ),
} as const
