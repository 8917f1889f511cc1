/**
 * Takes the place of the classes of KMS's errors in the bundles (see tools/build/sdk-stand-ins.ts), which repeat one constructor
 * 49 times. An error keeps its name, fault, message and metadata. A name that an update of the SDK adds is an error of the build,
 * and belongs in this list.
 */
// @ts-expect-error The SDK has types for its index alone, and that imports this module.
import { KMSServiceException } from '@aws-sdk/client-kms/dist-es/models/KMSServiceException.js';

const error = (name: string, $fault = 'client') =>
  class extends KMSServiceException {
    constructor(options: object) {
      super({ name, $fault, ...options });
    }
  };

export const AlreadyExistsException = /* @__PURE__ */ error('AlreadyExistsException');
export const DependencyTimeoutException = /* @__PURE__ */ error('DependencyTimeoutException', 'server');
export const InvalidArnException = /* @__PURE__ */ error('InvalidArnException');
export const KMSInternalException = /* @__PURE__ */ error('KMSInternalException', 'server');
export const KMSInvalidStateException = /* @__PURE__ */ error('KMSInvalidStateException');
export const NotFoundException = /* @__PURE__ */ error('NotFoundException');
export const CloudHsmClusterInUseException = /* @__PURE__ */ error('CloudHsmClusterInUseException');
export const CloudHsmClusterInvalidConfigurationException = /* @__PURE__ */ error(
  'CloudHsmClusterInvalidConfigurationException',
);
export const CloudHsmClusterNotActiveException = /* @__PURE__ */ error('CloudHsmClusterNotActiveException');
export const CloudHsmClusterNotFoundException = /* @__PURE__ */ error('CloudHsmClusterNotFoundException');
export const CloudHsmClusterNotRelatedException = /* @__PURE__ */ error('CloudHsmClusterNotRelatedException');
export const ConflictException = /* @__PURE__ */ error('ConflictException');
export const CustomKeyStoreInvalidStateException = /* @__PURE__ */ error(
  'CustomKeyStoreInvalidStateException',
);
export const CustomKeyStoreNotFoundException = /* @__PURE__ */ error('CustomKeyStoreNotFoundException');
export const InvalidAliasNameException = /* @__PURE__ */ error('InvalidAliasNameException');
export const LimitExceededException = /* @__PURE__ */ error('LimitExceededException');
export const CustomKeyStoreNameInUseException = /* @__PURE__ */ error('CustomKeyStoreNameInUseException');
export const IncorrectTrustAnchorException = /* @__PURE__ */ error('IncorrectTrustAnchorException');
export const XksProxyIncorrectAuthenticationCredentialException = /* @__PURE__ */ error(
  'XksProxyIncorrectAuthenticationCredentialException',
);
export const XksProxyInvalidConfigurationException = /* @__PURE__ */ error(
  'XksProxyInvalidConfigurationException',
);
export const XksProxyInvalidResponseException = /* @__PURE__ */ error('XksProxyInvalidResponseException');
export const XksProxyUriEndpointInUseException = /* @__PURE__ */ error('XksProxyUriEndpointInUseException');
export const XksProxyUriInUseException = /* @__PURE__ */ error('XksProxyUriInUseException');
export const XksProxyUriUnreachableException = /* @__PURE__ */ error('XksProxyUriUnreachableException');
export const XksProxyVpcEndpointServiceInUseException = /* @__PURE__ */ error(
  'XksProxyVpcEndpointServiceInUseException',
);
export const XksProxyVpcEndpointServiceInvalidConfigurationException = /* @__PURE__ */ error(
  'XksProxyVpcEndpointServiceInvalidConfigurationException',
);
export const XksProxyVpcEndpointServiceNotFoundException = /* @__PURE__ */ error(
  'XksProxyVpcEndpointServiceNotFoundException',
);
export const DisabledException = /* @__PURE__ */ error('DisabledException');
export const DryRunOperationException = /* @__PURE__ */ error('DryRunOperationException');
export const InvalidGrantTokenException = /* @__PURE__ */ error('InvalidGrantTokenException');
export const MalformedPolicyDocumentException = /* @__PURE__ */ error('MalformedPolicyDocumentException');
export const TagException = /* @__PURE__ */ error('TagException');
export const UnsupportedOperationException = /* @__PURE__ */ error('UnsupportedOperationException');
export const XksKeyAlreadyInUseException = /* @__PURE__ */ error('XksKeyAlreadyInUseException');
export const XksKeyInvalidConfigurationException = /* @__PURE__ */ error(
  'XksKeyInvalidConfigurationException',
);
export const XksKeyNotFoundException = /* @__PURE__ */ error('XksKeyNotFoundException');
export const CustomKeyStoreHasCMKsException = /* @__PURE__ */ error('CustomKeyStoreHasCMKsException');
export const InvalidCiphertextException = /* @__PURE__ */ error('InvalidCiphertextException');
export const InvalidKeyUsageException = /* @__PURE__ */ error('InvalidKeyUsageException');
export const KeyUnavailableException = /* @__PURE__ */ error('KeyUnavailableException', 'server');
export const IncorrectKeyException = /* @__PURE__ */ error('IncorrectKeyException');
export const InvalidMarkerException = /* @__PURE__ */ error('InvalidMarkerException');
export const ExpiredImportTokenException = /* @__PURE__ */ error('ExpiredImportTokenException');
export const IncorrectKeyMaterialException = /* @__PURE__ */ error('IncorrectKeyMaterialException');
export const InvalidImportTokenException = /* @__PURE__ */ error('InvalidImportTokenException');
export const InvalidGrantIdException = /* @__PURE__ */ error('InvalidGrantIdException');
export const KMSInvalidMacException = /* @__PURE__ */ error('KMSInvalidMacException');
export const KMSInvalidSignatureException = /* @__PURE__ */ error('KMSInvalidSignatureException');
