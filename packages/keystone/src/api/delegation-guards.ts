import type { Context } from '@kumo/core/context';
import { forbiddenBecause, notAllowed } from '../errors.ts';

/** What is made with a trust's token would outlive the trust. @throws forbiddenBecause */
export function refuseTrusts({ trustId }: Context): void {
  if (trustId !== undefined)
    throw forbiddenBecause({
      message: 'Cannot manage application credentials with a token issued via delegation.',
    });
}

/** @throws notAllowed for the token of a restricted application credential. */
export function refuseRestricted({ applicationCredential }: Context): void {
  if (applicationCredential?.restricted)
    throw notAllowed({
      message: "Using method 'application_credential' is not allowed for managing additional application credentials.",
    });
}

/** An application credential is for one project; with trusts it would reach further. @throws notAllowed */
export function refuseApplicationCredentials({ applicationCredential }: Context): void {
  if (applicationCredential)
    throw notAllowed({ message: "Using method 'application_credential' is not allowed for managing trusts." });
}
